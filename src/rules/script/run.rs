//! One file's run: its functions first, then statement by statement, so that one mistake does not hide the next.

use super::bounds::{ENTRY_BYTES, copied};
use super::engine::{engine, is_own};
use super::error;
use super::symbol::Poison;
use super::text::{Chunk, Source, Statement, TokenKind};
use super::tracer::{Budget, CONSTANT_BYTES_MAX, FUNCTIONS, STATEMENT, Tracer, mistake};
use crate::rules::diagnostic::Diagnostic;
use crate::rules::nearest::nearest;
use crate::verdict::Place;
use rhai::{AST, Dynamic, Engine, Module, Scope};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Broken functions of one file that are told one by one.
const BROKEN_FUNCTIONS_MAX: usize = 20;

/// What a file gives to those that import it.
pub(super) type Exports = BTreeMap<String, Dynamic>;

/// The run of one file.
pub(super) struct Run<'a> {
    /// What it leaves behind.
    pub(super) tracer: Arc<Tracer>,
    engine: Engine,
    scope: Scope<'static>,
    modules: BTreeMap<String, Exports>,
    exports: BTreeMap<String, String>,
    failed: BTreeSet<usize>,
    import: &'a mut dyn FnMut(&str, Place) -> Result<Exports, Diagnostic>,
}

impl<'a> Run<'a> {
    /// Makes a file ready to run. `import` gives the exports of the file of a name, or says what is wrong with the name.
    pub(super) fn new(
        source: Source,
        budget: &Arc<Budget>,
        import: &'a mut dyn FnMut(&str, Place) -> Result<Exports, Diagnostic>,
    ) -> Self {
        let sound: Vec<Statement> = source.functions().filter(|statement| is_sound(statement)).cloned().collect();
        let functions = source.chunk_of_all(&sound);
        let tracer = Arc::new(Tracer::new(source, functions, Arc::clone(budget)));
        let engine = engine(&tracer);
        let (modules, exports, failed) = (BTreeMap::new(), BTreeMap::new(), BTreeSet::new());
        let mut run = Self { tracer, engine, scope: Scope::new(), modules, exports, failed, import };
        run.define(sound);
        run
    }

    /// Runs the whole file and gives what it exports.
    pub(super) fn finish(mut self) -> (Arc<Tracer>, Exports, BTreeSet<usize>) {
        for (place, message, help) in self.tracer.source.slips() {
            self.tracer.report(mistake(place, message, help));
        }
        if let Some((place, None)) = self.tracer.source.unclosed_comment() {
            let help = "write */ where it ends: everything after its start was ignored";
            self.tracer.report(mistake(place, "the comment has no end", help));
        }
        let statements = self.tracer.source.statements().to_vec();
        for (number, statement) in statements.iter().enumerate() {
            if self.tracer.is_exhausted() {
                self.failed.extend(number..statements.len());
                break;
            }
            self.step(number, statement);
        }
        let functions: Vec<Statement> = self.tracer.source.functions().cloned().collect();
        functions.iter().for_each(|statement| self.check_paths(statement));
        let value = |name: &String| self.scope.get(name).cloned().map(Dynamic::flatten);
        let exports = self.exports.iter().filter_map(|(alias, name)| Some((alias.clone(), value(name)?))).collect();
        (self.tracer, exports, self.failed)
    }

    /// Compiles the functions; a broken one is told and left out.
    fn define(&mut self, mut sound: Vec<Statement>) {
        let source = &self.tracer.source;
        for token in sound.iter().map(|statement| source.name_of_function(statement)) {
            let name = source.word(token);
            if is_own(name) {
                let message = format!("`{name}` is already a word of the rule language");
                self.tracer.report(mistake(source.place(token), message, "give the function another name"));
            }
        }
        for _ in 0..BROKEN_FUNCTIONS_MAX {
            let chunk = self.tracer.source.chunk_of_all(&sound);
            let error = match self.engine.compile(&chunk.text) {
                Ok(functions) => return self.publish(functions),
                Err(error) => error,
            };
            let (_, token) = self.tracer.locate(Some(FUNCTIONS), error.position());
            self.tracer.report(error::of_parsing(&self.tracer, FUNCTIONS, &error));
            let token = token.unwrap_or_default();
            let before = sound.len();
            sound.retain(|statement| !(statement.first..=statement.last).contains(&token));
            if sound.len() == before {
                sound.pop();
            }
        }
    }

    fn publish(&mut self, mut functions: AST) {
        functions.set_source(FUNCTIONS);
        self.tracer.define(functions.clone_functions_only());
        if let Ok(module) = Module::eval_ast_as_new(Scope::new(), &functions, &self.engine) {
            self.engine.register_global_module(module.into());
        }
    }

    fn step(&mut self, number: usize, statement: &Statement) {
        if let Some(fault) = &statement.fault {
            let place = self.tracer.source.place(fault.token);
            self.tracer.report(mistake(place, &fault.message, &fault.help));
            if !fault.is_harmless {
                // A fault in front of the statement is one of the statement before, too.
                let first = if fault.token < statement.first { number.saturating_sub(1) } else { number };
                self.failed.extend(first..=number);
                return;
            }
        }
        if self.tracer.source.is_function(statement) {
            return;
        }
        let chunk = self.tracer.source.chunk(statement);
        self.tracer.begin(number, chunk.clone());
        if self.tracer.source.word(statement.first) == "import" {
            self.import(statement);
            return;
        }
        self.check_paths(statement);
        if !self.evaluate(&chunk) {
            self.failed.insert(number);
        }
        self.note_exports(statement);
        self.publish_constants(statement);
    }

    fn evaluate(&mut self, chunk: &Chunk) -> bool {
        let mut ast = match self.engine.compile_with_scope(&self.scope, &chunk.text) {
            Ok(ast) => ast,
            Err(error) => {
                self.tracer.report(error::of_parsing(&self.tracer, STATEMENT, &error));
                return false;
            }
        };
        ast.set_source(STATEMENT);
        self.tracer.enclose(ast.clone_functions_only());
        match self.engine.run_ast_with_scope(&mut self.scope, &ast) {
            Ok(()) => true,
            Err(error) => {
                if let Some(diagnostic) = error::of_running(&self.tracer, &error) {
                    self.tracer.report(diagnostic);
                }
                false
            }
        }
    }

    /// `import "file" as name;`
    fn import(&mut self, statement: &Statement) {
        let source = &self.tracer.source;
        let path = statement.first + 1;
        let is_text = source.token(path).is_some_and(|token| token.kind == TokenKind::Text);
        let has_alias = source.word(path + 1) == "as" && source.is_word(path + 2);
        let length = statement.last - statement.first;
        if !is_text || !has_alias || length > 4 {
            let place = source.place(statement.first);
            self.tracer.report(mistake(
                place,
                "this import is not of the usual form",
                "write import \"contacts\" as who;",
            ));
            return;
        }
        let (name, alias) = (source.word(path).trim_matches('"').to_owned(), source.word(path + 2).to_owned());
        let place = source.place(path);
        let exports = match (self.import)(&name, place) {
            Ok(exports) => exports,
            Err(diagnostic) => {
                self.tracer.report(diagnostic);
                Exports::from([(String::new(), Dynamic::UNIT)])
            }
        };
        self.modules.insert(alias.clone(), exports);
        self.publish_module(&alias);
    }

    /// Tells Rhai what `alias::NAME` is.
    fn publish_module(&mut self, alias: &str) {
        let mut module = Module::new();
        for (name, value) in self.modules.get(alias).into_iter().flatten() {
            self.tracer.charge(copied(value).saturating_add(ENTRY_BYTES));
            module.set_var(name.as_str(), value.clone());
        }
        self.engine.register_static_module(alias, module.into());
    }

    /// Checks every `alias::NAME` of a statement, and lets unknown ones stand for a mistake.
    fn check_paths(&mut self, statement: &Statement) {
        for index in statement.first..statement.last {
            if self.tracer.is_exhausted() {
                return;
            }
            let source = &self.tracer.source;
            let is_path = source.word(index + 1) == "::" && source.is_word(index) && source.word_before(index) != "::";
            if is_path && source.word(index) == "global" {
                self.check_constant(index + 2);
            } else if is_path {
                let (alias, name) = (source.word(index).to_owned(), source.word(index + 2).to_owned());
                self.check_path(index, &alias, &name);
            }
        }
    }

    /// Checks the name after `global::`.
    fn check_constant(&self, token: usize) {
        let source = &self.tracer.source;
        let name = source.word(token);
        let known: Vec<&str> =
            self.scope.iter_raw().filter(|(_, is_constant, _)| *is_constant).map(|(name, ..)| name).collect();
        if known.contains(&name) {
            return;
        }
        let help = match nearest(name, known) {
            Some(close) => format!("did you mean `global::{close}`?"),
            None => format!("write const {name} = ..; before it"),
        };
        self.tracer.report(mistake(source.place(token), format!("there is no constant `{name}`"), help));
    }

    fn check_path(&mut self, token: usize, alias: &str, name: &str) {
        let source = &self.tracer.source;
        let is_call = source.word(token + 3) == "(";
        let found = match self.modules.get(alias) {
            None => {
                let help = match nearest(alias, self.modules.keys().map(String::as_str)) {
                    Some(close) => format!("did you mean `{close}`?"),
                    None => format!("write import \"contacts\" as {alias}; before it"),
                };
                Some(mistake(source.place(token), format!("nothing is imported as `{alias}`"), help))
            }
            Some(exports) if exports.contains_key("") => None,
            Some(_) if is_call => {
                let help = format!("only constants are exported; write {alias}::NAME");
                Some(mistake(source.place(token + 2), format!("`{alias}::{name}` is not a function"), help))
            }
            Some(exports) if exports.contains_key(name) => return,
            Some(exports) => {
                let help = match nearest(name, exports.keys().map(String::as_str)) {
                    Some(close) => format!("did you mean `{alias}::{close}`?"),
                    None => format!("write export const {name} = ..; in the imported file"),
                };
                Some(mistake(source.place(token + 2), format!("`{alias}` does not export `{name}`"), help))
            }
        };
        if let Some(diagnostic) = found {
            self.tracer.report(diagnostic);
        }
        let exports = self.modules.entry(alias.to_owned()).or_default();
        exports.insert(name.to_owned(), Dynamic::from(Poison));
        self.publish_module(alias);
    }

    /// Remembers what `export const A = ..`, `export A` and `export A as B` export.
    fn note_exports(&mut self, statement: &Statement) {
        let source = &self.tracer.source;
        if source.word(statement.first) != "export" {
            return;
        }
        let first = statement.first + 1;
        if matches!(source.word(first), "const" | "let") {
            let name = source.word(first + 1).to_owned();
            self.exports.insert(name.clone(), name);
            return;
        }
        let mut index = first;
        while index <= statement.last && source.is_word(index) {
            let name = source.word(index).to_owned();
            let has_alias = source.word(index + 1) == "as";
            let alias = if has_alias { source.word(index + 2).to_owned() } else { name.clone() };
            self.exports.insert(alias, name);
            index += if has_alias { 4 } else { 2 };
        }
    }

    /// Functions read constants as `global::NAME`.
    fn publish_constants(&mut self, statement: &Statement) {
        let source = &self.tracer.source;
        let first = if source.word(statement.first) == "export" { statement.first + 1 } else { statement.first };
        if source.word(first) != "const" {
            return;
        }
        let mut module = Module::new();
        for (name, _, value) in self.scope.iter_raw().filter(|(_, is_constant, _)| *is_constant) {
            let bytes = copied(value);
            let is_small = bytes <= CONSTANT_BYTES_MAX;
            if !is_small && name == source.word(first + 1) {
                let message = format!("the constant `{name}` is larger than {CONSTANT_BYTES_MAX} bytes");
                let help = "split the list, or make it a variable with `let`";
                self.tracer.report(mistake(source.place(first + 1), message, help));
            }
            self.tracer.charge(bytes.min(CONSTANT_BYTES_MAX));
            module.set_var(name, if is_small { value.clone() } else { Dynamic::from(Poison) });
        }
        self.engine.register_static_module("global", module.into());
    }
}

fn is_sound(statement: &Statement) -> bool {
    statement.fault.as_ref().is_none_or(|fault| fault.is_harmless)
}
