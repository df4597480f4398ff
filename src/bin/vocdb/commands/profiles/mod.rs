//! `vocdb profiles`: the shipped profiles.

use crate::failure::Failure;
use crate::output::Output;
use clap::Args;
use serde::Serialize;
use vocdb::base::escape::Line;
use vocdb::interop::mapping::{Mapping, shipped};

/// List the shipped profiles for `import`, or print one
///
/// A profile is a mapping file (TOML) that describes a format. Print one into a file, edit it, and give the file to `import --profile`.
#[derive(Debug, Args)]
pub(crate) struct Profiles {
    /// Profile to print; all are listed if none is given
    name: Option<String>,
}

/// One shipped profile.
#[derive(Serialize)]
struct Profile {
    name: &'static str,
    about: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'static str>,
}

impl Profiles {
    pub(crate) fn run(&self, output: &mut Output) -> Result<(), Failure> {
        let Some(name) = &self.name else {
            for profile in shipped() {
                let about = Mapping::parse(profile.name, profile.text).map_err(Failure::from_error)?.about().to_owned();
                let line = format!("{:<14}{about}\n", profile.name);
                output.either(&Profile { name: profile.name, about, text: None }, || line)?;
            }
            return Ok(());
        };
        let Some(profile) = shipped().iter().find(|profile| profile.name == name) else {
            let names: Vec<&str> = shipped().iter().map(|profile| profile.name).collect();
            return Err(Failure::Says(format!(
                "no shipped profile is named `{}`; shipped are {}",
                Line(name),
                names.join(", ")
            )));
        };
        let about = Mapping::parse(profile.name, profile.text).map_err(Failure::from_error)?.about().to_owned();
        let object = Profile { name: profile.name, about, text: Some(profile.text) };
        output.either(&object, || profile.text.to_owned())
    }
}
