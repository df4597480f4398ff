//! The rows of the species table.
//!
//! The first rows are those of `examples/data/species/voc_species.csv`, whose tests are below; the rest are gases that stations
//! measure beside VOC. HJ 212 codes are those of HJ 212-2017, annex B, and of no other source.

use super::entry::Group::{Alkane, Alkene, Alkyne, Aromatic, Halogenated, Inorganic, Nitrogenous, Oxygenated, Sulfur};
use super::entry::Species;

pub(super) static TABLE: [Species; 103] = [
    Species::new("ethane", "C2H6", "74-84-0", Alkane).aqs("43202"),
    Species::new("ethylene", "C2H4", "74-85-1", Alkene).also(&["ethene"]).aqs("43203"),
    Species::new("acetylene", "C2H2", "74-86-2", Alkyne).also(&["ethyne"]).aqs("43206"),
    Species::new("propane", "C3H8", "74-98-6", Alkane).aqs("43204"),
    Species::new("propylene", "C3H6", "115-07-1", Alkene).also(&["propene"]).hj212("a24053").aqs("43205"),
    Species::new("isobutane", "C4H10", "75-28-5", Alkane).aqs("43214"),
    Species::new("n-butane", "C4H10", "106-97-8", Alkane).also(&["butane"]).aqs("43212"),
    Species::new("1-butene", "C4H8", "106-98-9", Alkene).aqs("43280"),
    Species::new("trans-2-butene", "C4H8", "624-64-6", Alkene).aqs("43216"),
    Species::new("cis-2-butene", "C4H8", "590-18-1", Alkene).aqs("43217"),
    Species::new("isopentane", "C5H12", "78-78-4", Alkane).aqs("43221"),
    Species::new("n-pentane", "C5H12", "109-66-0", Alkane).also(&["pentane"]).aqs("43220"),
    Species::new("1-pentene", "C5H10", "109-67-1", Alkene).aqs("43224"),
    Species::new("trans-2-pentene", "C5H10", "646-04-8", Alkene).aqs("43226"),
    Species::new("cis-2-pentene", "C5H10", "627-20-3", Alkene).aqs("43227"),
    Species::new("isoprene", "C5H8", "78-79-5", Alkene).also(&["2-methyl-1,3-butadiene"]).aqs("43243"),
    Species::new("cyclopentane", "C5H10", "287-92-3", Alkane).aqs("43242"),
    Species::new("2,2-dimethylbutane", "C6H14", "75-83-2", Alkane).aqs("43244"),
    Species::new("2,3-dimethylbutane", "C6H14", "79-29-8", Alkane).aqs("43284"),
    Species::new("2-methylpentane", "C6H14", "107-83-5", Alkane).aqs("43285"),
    Species::new("3-methylpentane", "C6H14", "96-14-0", Alkane).aqs("43230"),
    Species::new("n-hexane", "C6H14", "110-54-3", Alkane).also(&["hexane"]).hj212("a24042").aqs("43231"),
    Species::new("1-hexene", "C6H12", "592-41-6", Alkene).aqs("43245"),
    Species::new("methylcyclopentane", "C6H12", "96-37-7", Alkane).aqs("43262"),
    Species::new("2,4-dimethylpentane", "C7H16", "108-08-7", Alkane).aqs("43247"),
    Species::new("benzene", "C6H6", "71-43-2", Aromatic).hj212("a25002").aqs("45201"),
    Species::new("cyclohexane", "C6H12", "110-82-7", Alkane).hj212("a24036").aqs("43248"),
    Species::new("2-methylhexane", "C7H16", "591-76-4", Alkane).aqs("43263"),
    Species::new("2,3-dimethylpentane", "C7H16", "565-59-3", Alkane).aqs("43291"),
    Species::new("3-methylhexane", "C7H16", "589-34-4", Alkane).aqs("43249"),
    Species::new("2,2,4-trimethylpentane", "C8H18", "540-84-1", Alkane).also(&["isooctane"]).aqs("43250"),
    Species::new("n-heptane", "C7H16", "142-82-5", Alkane).also(&["heptane"]).hj212("a24043").aqs("43232"),
    Species::new("methylcyclohexane", "C7H14", "108-87-2", Alkane).aqs("43261"),
    Species::new("2,3,4-trimethylpentane", "C8H18", "565-75-3", Alkane).aqs("43252"),
    Species::new("toluene", "C7H8", "108-88-3", Aromatic).also(&["methylbenzene"]).hj212("a25003").aqs("45202"),
    Species::new("2-methylheptane", "C8H18", "592-27-8", Alkane).aqs("43960"),
    Species::new("3-methylheptane", "C8H18", "589-81-1", Alkane).aqs("43253"),
    Species::new("n-octane", "C8H18", "111-65-9", Alkane).also(&["octane"]).aqs("43233"),
    Species::new("ethylbenzene", "C8H10", "100-41-4", Aromatic).hj212("a25004").aqs("45203"),
    Species::new("m-xylene", "C8H10", "108-38-3", Aromatic).hj212("a25007").aqs("45109"),
    Species::new("p-xylene", "C8H10", "106-42-3", Aromatic).hj212("a25008").aqs("45109"),
    Species::new("styrene", "C8H8", "100-42-5", Aromatic).also(&["vinylbenzene"]).hj212("a25038").aqs("45220"),
    Species::new("o-xylene", "C8H10", "95-47-6", Aromatic).hj212("a25006").aqs("45204"),
    Species::new("n-nonane", "C9H20", "111-84-2", Alkane).aqs("43235"),
    Species::new("isopropylbenzene", "C9H12", "98-82-8", Aromatic).also(&["cumene"]).aqs("45210"),
    Species::new("n-propylbenzene", "C9H12", "103-65-1", Aromatic).also(&["propylbenzene"]).aqs("45209"),
    Species::new("m-ethyltoluene", "C9H12", "620-14-4", Aromatic).aqs("45212"),
    Species::new("p-ethyltoluene", "C9H12", "622-96-8", Aromatic).hj212("a25014").aqs("45213"),
    Species::new("1,3,5-trimethylbenzene", "C9H12", "108-67-8", Aromatic)
        .also(&["mesitylene"])
        .hj212("a25021")
        .aqs("45207"),
    Species::new("o-ethyltoluene", "C9H12", "611-14-3", Aromatic).aqs("45211"),
    Species::new("1,2,4-trimethylbenzene", "C9H12", "95-63-6", Aromatic).hj212("a25019").aqs("45208"),
    Species::new("n-decane", "C10H22", "124-18-5", Alkane).aqs("43238"),
    Species::new("1,2,3-trimethylbenzene", "C9H12", "526-73-8", Aromatic).hj212("a25020").aqs("45225"),
    Species::new("m-diethylbenzene", "C10H14", "141-93-5", Aromatic).aqs("45218"),
    Species::new("p-diethylbenzene", "C10H14", "105-05-5", Aromatic).aqs("45219"),
    Species::new("n-undecane", "C11H24", "1120-21-4", Alkane).aqs("43954"),
    Species::new("n-dodecane", "C12H26", "112-40-3", Alkane).aqs("43141"),
    Species::new("1,3-butadiene", "C4H6", "106-99-0", Alkene).hj212("a24078").aqs("43218"),
    Species::new("dichloromethane", "CH2Cl2", "75-09-2", Halogenated)
        .also(&["methylene chloride"])
        .hj212("a24003")
        .aqs("43802"),
    Species::new("chloroform", "CHCl3", "67-66-3", Halogenated)
        .also(&["trichloromethane"])
        .hj212("a24004")
        .aqs("43803"),
    Species::new("1,2-dichloroethane", "C2H4Cl2", "107-06-2", Halogenated)
        .also(&["ethylene dichloride"])
        .hj212("a24017")
        .aqs("43815"),
    Species::new("vinyl chloride", "C2H3Cl", "75-01-4", Halogenated)
        .also(&["chloroethene"])
        .hj212("a24046")
        .aqs("43860"),
    Species::new("trichloroethylene", "C2HCl3", "79-01-6", Halogenated)
        .also(&["trichloroethene", "TCE"])
        .hj212("a24049")
        .aqs("43824"),
    Species::new("tetrachloroethylene", "C2Cl4", "127-18-4", Halogenated)
        .also(&["tetrachloroethene", "perchloroethylene"])
        .hj212("a24050")
        .aqs("43817"),
    Species::new("chlorobenzene", "C6H5Cl", "108-90-7", Halogenated).hj212("a25010").aqs("45801"),
    Species::new("methanol", "CH4O", "67-56-1", Oxygenated).hj212("a30001"),
    Species::new("isopropanol", "C3H8O", "67-63-0", Oxygenated)
        .also(&["2-propanol", "isopropyl alcohol"])
        .hj212("a30008"),
    Species::new("acetone", "C3H6O", "67-64-1", Oxygenated).also(&["propanone"]).hj212("a31024"),
    Species::new("2-butanone", "C4H8O", "78-93-3", Oxygenated).also(&["MEK", "methyl ethyl ketone"]).hj212("a31025"),
    Species::new("4-methyl-2-pentanone", "C6H12O", "108-10-1", Oxygenated)
        .also(&["MIBK", "methyl isobutyl ketone"])
        .hj212("a31030"),
    Species::new("ethyl acetate", "C4H8O2", "141-78-6", Oxygenated).hj212("a29017"),
    Species::new("vinyl acetate", "C4H6O2", "108-05-4", Oxygenated).hj212("a29026"),
    Species::new("tetrahydrofuran", "C4H8O", "109-99-9", Oxygenated).also(&["THF"]).hj212("a25072"),
    Species::new("1,4-dioxane", "C4H8O2", "123-91-1", Oxygenated).hj212("a24072"),
    Species::new("acrylonitrile", "C3H3N", "107-13-1", Nitrogenous).hj212("a99010"),
    Species::new("formaldehyde", "CH2O", "50-00-0", Oxygenated)
        .also(&["HCHO", "methanal"])
        .hj212("a31001")
        .aqs("43502"),
    Species::new("acetaldehyde", "C2H4O", "75-07-0", Oxygenated).also(&["ethanal"]).hj212("a31002").aqs("43503"),
    Species::new("carbon disulfide", "CS2", "75-15-0", Sulfur).also(&["CS2"]).hj212("a99051"),
    Species::new("hydrogen sulfide", "H2S", "7783-06-4", Sulfur).also(&["H2S"]).hj212("a21028").aqs("42402"),
    Species::new("ammonia", "NH3", "7664-41-7", Inorganic).also(&["NH3"]).hj212("a21001").aqs("42604"),
    // Beside the species file.
    Species::new("methane", "CH4", "74-82-8", Alkane).also(&["CH4"]).hj212("a05002").aqs("43201"),
    Species::new("NO", "NO", "10102-43-9", Inorganic).also(&["nitric oxide"]).hj212("a21003").aqs("42601"),
    Species::new("NO2", "NO2", "10102-44-0", Inorganic).also(&["nitrogen dioxide"]).hj212("a21004").aqs("42602"),
    Species::new("ozone", "O3", "10028-15-6", Inorganic).also(&["O3"]).aqs("44201"),
    Species::new("SO2", "SO2", "7446-09-5", Sulfur).also(&["sulfur dioxide"]).hj212("a21026").aqs("42401"),
    Species::new("CO", "CO", "630-08-0", Inorganic).also(&["carbon monoxide"]).hj212("a21005").aqs("42101"),
    Species::new("CO2", "CO2", "124-38-9", Inorganic).also(&["carbon dioxide"]).hj212("a05001"),
    Species::new("chlorine", "Cl2", "7782-50-5", Inorganic).also(&["Cl2"]).hj212("a21022"),
    Species::new("hydrogen chloride", "HCl", "7647-01-0", Inorganic).also(&["HCl"]).hj212("a21024"),
    Species::new("chloromethane", "CH3Cl", "74-87-3", Halogenated).also(&["methyl chloride"]).hj212("a24099"),
    Species::new("bromomethane", "CH3Br", "74-83-9", Halogenated).also(&["methyl bromide"]).hj212("a24008"),
    Species::new("carbon tetrachloride", "CCl4", "56-23-5", Halogenated).also(&["tetrachloromethane"]).hj212("a24005"),
    Species::new("1,1-dichloroethylene", "C2H2Cl2", "75-35-4", Halogenated)
        .also(&["1,1-dichloroethene"])
        .hj212("a24047"),
    Species::new("1,4-dichlorobenzene", "C6H4Cl2", "106-46-7", Halogenated).hj212("a25013"),
    Species::new("phosgene", "CCl2O", "75-44-5", Halogenated).hj212("a99049"),
    Species::new("ethanol", "C2H6O", "64-17-5", Oxygenated).also(&["ethyl alcohol"]),
    Species::new("methyl tert-butyl ether", "C5H12O", "1634-04-4", Oxygenated).also(&["MTBE"]),
    Species::new("n-butyl acetate", "C6H12O2", "123-86-4", Oxygenated).also(&["butyl acetate"]),
    Species::new("ethylene oxide", "C2H4O", "75-21-8", Oxygenated).also(&["oxirane"]),
    Species::new("N,N-dimethylformamide", "C3H7NO", "68-12-2", Nitrogenous).also(&["DMF"]),
    Species::new("methanethiol", "CH4S", "74-93-1", Sulfur).also(&["methyl mercaptan"]),
    Species::new("dimethyl sulfide", "C2H6S", "75-18-3", Sulfur).also(&["DMS"]),
    Species::new("dimethyl disulfide", "C2H6S2", "624-92-0", Sulfur).also(&["DMDS"]),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::species::{find, is_cas_number};
    use crate::model::{ReferenceState, Unit};
    use std::collections::HashSet;

    const SPECIES_CSV: &str = include_str!("../../../examples/data/species/voc_species.csv");

    /// The rows of the species file, each as its ten fields; only names may stand in quotes.
    fn rows() -> Vec<Vec<&'static str>> {
        let row = |line: &'static str| {
            let (name, rest) = match line.strip_prefix('"') {
                Some(quoted) => quoted.split_once("\",").unwrap(),
                None => line.split_once(',').unwrap(),
            };
            std::iter::once(name).chain(rest.split(',')).collect::<Vec<_>>()
        };
        SPECIES_CSV.lines().skip(1).map(row).collect()
    }

    #[test]
    fn the_table_holds_every_row_of_the_species_file() {
        assert!(rows().len() >= 80 && TABLE.len() > rows().len());
        for row in rows() {
            let species = find(row[0]).unwrap();
            assert_eq!(row.len(), 10, "{row:?}");
            assert_eq!([species.name(), species.formula(), species.cas()], row[..3]);
            assert_eq!(species.group().name(), row[4]);
            assert_eq!(species.hj212_code().unwrap_or(""), row[5]);
            assert_eq!(species.aqs_code().unwrap_or(""), row[6]);
        }
    }

    #[test]
    fn every_molar_mass_is_that_of_the_species_file() {
        for row in rows() {
            let mass = find(row[0]).unwrap().molar_mass_g_per_mol();
            assert!((mass - row[3].parse::<f64>().unwrap()).abs() <= 0.002, "{}: {mass}", row[0]);
        }
    }

    /// The file divides by molar volumes of three decimals (24.465, 24.055 and 22.414 L/mol), this crate by R T / p: up to 2.2e-5
    /// apart. With the file's volumes every one of its four decimals must come out, and without them nothing else may differ.
    #[test]
    fn every_conversion_factor_is_that_of_the_species_file_but_for_its_rounded_molar_volumes() {
        for row in rows() {
            let mass = Some(find(row[0]).unwrap().molar_mass_g_per_mol());
            for (column, state) in [(7, ReferenceState::C25), (8, ReferenceState::C20), (9, ReferenceState::C0)] {
                let factor = Unit::Ppb.factor_to(Unit::MicrogramPerM3, mass, state).unwrap();
                let volume = state.molar_volume_l_per_mol();
                let rounded_volume = (volume * 1000.0).round() / 1000.0;
                assert_eq!(format!("{:.4}", factor * volume / rounded_volume), row[column], "{} in {column}", row[0]);
                let on_file: f64 = row[column].parse().unwrap();
                assert!((factor - on_file).abs() <= 0.000_050_1 + 2.2e-5 * on_file, "{} in {column}: {factor}", row[0]);
            }
        }
    }

    #[test]
    fn every_cas_number_has_its_check_digit() {
        for species in &TABLE {
            assert!(is_cas_number(species.cas()), "{species}");
            let (front, check) = species.cas().rsplit_once('-').unwrap();
            let corrupted = (check.parse::<u32>().unwrap() + 1) % 10;
            assert!(!is_cas_number(&format!("{front}-{corrupted}")), "{species}");
        }
    }

    #[test]
    fn every_name_cas_number_and_hj212_code_belongs_to_one_species() {
        let mut names = HashSet::new();
        let mut codes = HashSet::new();
        for species in &TABLE {
            for name in species.names() {
                assert!(names.insert(name.to_lowercase()), "{name} stands twice in the table");
            }
            assert!(species.hj212_code().is_none_or(|code| codes.insert(code)), "{species}");
        }
    }

    #[test]
    fn every_name_may_be_the_name_of_a_channel() {
        for species in &TABLE {
            assert!(crate::model::Channel::species(species.name(), Unit::Ppb).is_ok(), "{species}");
        }
    }
}
