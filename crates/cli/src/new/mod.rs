//! `jenny new`: a function in one command.
//!
//! It renders Spin's template `jenny-function`, as `spin add` does, and puts at once where it belongs what
//! Spin's templates cannot put there ([`place`]). Everything is checked before, and everything is written or
//! nothing ([`crate::changes`]).

mod application;
mod ask;
pub(crate) mod name;
pub(crate) mod place;
mod route;
#[cfg(test)]
mod template_tests;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::{Args, ValueEnum};

use crate::changes::Changes;
use crate::template::{Making, Rendered, Template};
use crate::{manifest_path, say};
use application::Application;

/// What `templates/` calls it.
const TEMPLATE: &str = "jenny-function";

/// The arguments of `jenny new`.
#[derive(Args, Debug)]
#[command(after_help = "\
It writes functions/<name>/ with the function, its world in wit/, its tests in tests/it/, a migration if it \
has a table, and its entry in spin.toml, which grants what was asked for and nothing else. All of it is \
yours: change it as you like. `spin add -t jenny-function` and `cargo jenny check --fix` write the same.

Examples:
  cargo jenny new notes --auth required --store sql
  cargo jenny new flags --route /api/flags --store kv
  cargo jenny new greeting --accept-defaults")]
pub(crate) struct Arguments {
    /// What it is called, in kebab-case: its folder, package, component, world and test.
    name: Option<String>,

    /// The address below which it answers, such as /api/notes [default: /api/<name>].
    #[arg(long, value_name = "PATH")]
    route: Option<String>,

    /// Whether callers sign in [default: none].
    #[arg(long, value_enum)]
    auth: Option<Auth>,

    /// What it keeps its data in [default: none].
    #[arg(long, value_enum)]
    store: Option<Store>,

    /// Ask nothing, and take the default of what is not given.
    #[arg(short, long)]
    accept_defaults: bool,

    #[command(flatten)]
    manifest: manifest_path::Argument,
}

/// Whether callers sign in.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
enum Auth {
    /// Everybody may do everything.
    None,
    /// Everybody may read, and whoever signs in may write what is then theirs.
    Optional,
    /// Whoever signs in has data of their own.
    Required,
}

/// What a function keeps its data in.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
enum Store {
    /// It keeps none.
    None,
    /// A table, in SQLite or Postgres.
    Sql,
    /// The key-value store.
    Kv,
}

/// Writes a function, all of it or nothing.
///
/// # Errors
///
/// When it cannot be called so or answer there, when the application cannot take it, and when something
/// cannot be written.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let application = Application::open(&arguments.manifest.find()?)?;
    let asks = !arguments.accept_defaults && ask::is_possible();
    let function = Function::of(arguments, &application, asks)?;
    let changes = function.changes(&application)?;
    let (created, replaced) = (list(changes.created()), list(changes.replaced()));
    changes.apply()?;
    say(&function.told(&created, &replaced));
    Ok(ExitCode::SUCCESS)
}

fn list<'a>(files: impl Iterator<Item = &'a Path>) -> String {
    let files = files.map(|file| format!("    {}\n", file.display()));
    files.collect()
}

/// What the template makes of a function of that name in an application with that manifest and setting,
/// everything at its place below the application's folder. `values` are the template's parameters: `route`,
/// `auth`, `store`.
///
/// # Errors
///
/// When the template takes no such value.
pub(crate) fn rendered(
    name: &str,
    manifest: &str,
    setting: impl Into<place::Setting>,
    values: &BTreeMap<&str, String>,
) -> Result<Rendered> {
    let mut rendered = as_spin_renders(name, manifest, values)?;
    let files = std::mem::take(&mut rendered.files);
    rendered.files = place::placed(files, &setting.into())?;
    Ok(rendered)
}

/// What `spin add` makes, with paths below the application's folder.
fn as_spin_renders(
    name: &str,
    manifest: &str,
    values: &BTreeMap<&str, String>,
) -> Result<Rendered> {
    let folder = Path::new("functions").join(name);
    let mut rendered = Template::embedded(TEMPLATE)?.render(
        Making::Component { manifest },
        name,
        &folder,
        values,
    )?;
    let files = std::mem::take(&mut rendered.files).into_iter();
    rendered.files = files
        .map(|(path, bytes)| (folder.join(path), bytes))
        .collect();
    Ok(rendered)
}

/// What is to be written.
#[derive(Clone, Debug)]
struct Function {
    name: String,
    /// Without `/...` at its end.
    route: String,
    auth: Auth,
    store: Store,
}

impl Function {
    /// What the arguments say, and the user where they do not.
    fn of(arguments: &Arguments, application: &Application, asks: bool) -> Result<Self> {
        let check = |name: &str| {
            name::check(name)?;
            application.check_name(name)
        };
        let name = match &arguments.name {
            Some(name) => name.clone(),
            None if asks => ask::text("Name, in kebab-case", None, check)?,
            None => bail!("a function needs a name: `cargo jenny new <name>`"),
        };
        check(&name)?;
        let default = format!("/api/{name}");
        let route = match &arguments.route {
            Some(route) => route.clone(),
            None if asks => ask::text("Address", Some(&default), route::check)?,
            None => default,
        };
        route::check(&route)?;
        let auth = match arguments.auth {
            Some(auth) => auth,
            None if asks => ask::choice("Do callers sign in?", Auth::None)?,
            None => Auth::None,
        };
        let store = match arguments.store {
            Some(store) => store,
            None if asks => ask::choice("What does it keep its data in?", Store::None)?,
            None => Store::None,
        };
        Ok(Self {
            name,
            route: route::base(&route).to_owned(),
            auth,
            store,
        })
    }

    fn values(&self) -> BTreeMap<&'static str, String> {
        BTreeMap::from([
            ("route", self.route.clone()),
            ("auth", value_of(self.auth)),
            ("store", value_of(self.store)),
        ])
    }

    /// Everything that has to be written for it.
    fn changes(&self, application: &Application) -> Result<Changes> {
        let setting = place::Setting::of(application.root())?;
        let rendered = rendered(&self.name, application.manifest(), setting, &self.values())?;
        let manifest = application.with(&rendered.snippets)?;
        application.check_routes(&manifest, &self.name)?;
        let mut changes = Changes::below(application.root());
        changes.replace(
            application.manifest_file(),
            application.manifest(),
            manifest.as_str(),
        );
        application.describe(&mut changes, &manifest, &rendered.files)?;
        for (file, bytes) in rendered.files {
            changes.create(file, bytes);
        }
        Ok(changes)
    }

    fn told(&self, created: &str, replaced: &str) -> String {
        let Self { name, route, .. } = self;
        let address = match self.store {
            Store::Kv => format!("{route}/<key>"),
            Store::None | Store::Sql => route.clone(),
        };
        format!(
            "Wrote the function {name}:\n\n{created}\nand changed\n\n{replaced}\nNext:\n\n    \
             cargo jenny up       # {address}, and its description at /docs\n    \
             cargo jenny test     # its tests are in tests/it/{name}.rs\n    \
             cargo jenny test --update-budgets {}::keeps_to_its_budget",
            name.replace('-', "_"),
        )
    }
}

/// A value as the command line and the template write it.
fn value_of<V: ValueEnum>(value: V) -> String {
    let possible = value.to_possible_value();
    possible.map_or_else(String::new, |value| value.get_name().to_owned())
}
