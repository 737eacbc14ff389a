//! What some tests and commands need, and the other host of the application.

use super::ask::{Answer, version};
use super::check::{Check, Group, Status};
use super::machine::{Machine, Package};
use super::toolchain::complaint;

/// A program that may be missing.
struct Program {
    name: &'static str,
    /// The first of these that is there is asked for its version, by these arguments.
    any_of: &'static [&'static str],
    arguments: &'static [&'static str],
    /// Whether it ends with an error code although it has told its version.
    grumbles: bool,
    /// What must be there too.
    with: &'static [&'static str],
    /// Versions below this are of no use.
    at_least: Option<(u64, u64, u64)>,
    /// What it is for: continues "without it …".
    without: &'static str,
    package: Package,
    /// The file of the application that asks for it; none for every application.
    wanted_by: Option<&'static str>,
}

const VERSION: &[&str] = &["--version"];

/// The API's linter, client generator and browser test.
const API_TOOLS: Option<&str> = Some("tests/openapi/package.json");

/// In the order of the report.
static PROGRAMS: [Program; 10] = [
    Program {
        name: "git",
        any_of: &["git"],
        arguments: VERSION,
        grumbles: false,
        with: &[],
        at_least: None,
        without: "`check` looks at what .gitignore names as well, `new-app` makes no repository, and tests \
                  of `check` fail",
        package: Package {
            name: "git",
            apt: Some("git"),
            brew: Some("git"),
            otherwise: None,
        },
        wanted_by: None,
    },
    Program {
        name: "spin",
        any_of: &["spin"],
        arguments: VERSION,
        grumbles: false,
        with: &[],
        // The first that runs what spin-sdk 7 makes: WASIp3's HTTP.
        at_least: Some((4, 1, 0)),
        without: "`spin build --up` and Spin's templates cannot be tried",
        package: Package {
            name: "Spin 4.1 or later: https://spinframework.dev/install",
            apt: None,
            brew: Some("spinframework/tap/spin"),
            otherwise: None,
        },
        wanted_by: None,
    },
    Program {
        name: "postgresql",
        any_of: &["initdb"],
        arguments: VERSION,
        grumbles: false,
        with: &[],
        at_least: None,
        without: "tests on PostgreSQL are skipped, unless DATABASE_URL names a server",
        package: Package {
            name: "PostgreSQL's server",
            apt: Some("postgresql"),
            brew: Some("postgresql"),
            otherwise: None,
        },
        wanted_by: None,
    },
    Program {
        name: "redis",
        any_of: &["redis-server", "valkey-server"],
        arguments: VERSION,
        grumbles: false,
        with: &[],
        at_least: None,
        without: "tests on Redis are skipped",
        package: Package {
            name: "redis-server or valkey-server",
            apt: Some("redis-server"),
            brew: Some("redis"),
            otherwise: None,
        },
        wanted_by: None,
    },
    Program {
        name: "mariadb",
        any_of: &["mariadbd"],
        arguments: VERSION,
        grumbles: false,
        with: &["mariadb-install-db"],
        at_least: None,
        without: "tests on MySQL are skipped",
        package: Package {
            name: "MariaDB's server",
            apt: Some("mariadb-server"),
            brew: Some("mariadb"),
            otherwise: None,
        },
        wanted_by: None,
    },
    Program {
        name: "mosquitto",
        any_of: &["mosquitto"],
        arguments: VERSION,
        // 3, as for a flag that it does not know.
        grumbles: true,
        with: &["mosquitto_sub", "mosquitto_pub", "mosquitto_passwd"],
        at_least: None,
        without: "tests on MQTT are skipped",
        package: Package {
            name: "mosquitto and its clients",
            apt: Some("mosquitto mosquitto-clients"),
            brew: Some("mosquitto"),
            otherwise: None,
        },
        wanted_by: None,
    },
    Program {
        name: "node",
        any_of: &["node"],
        arguments: VERSION,
        grumbles: false,
        with: &["npm"],
        at_least: Some((20, 19, 0)),
        without: "the API's document is not linted, nor its page tested",
        package: Package {
            name: "Node 20.19 or later with npm, which many distributions are behind: https://nodejs.org",
            apt: None,
            brew: Some("node"),
            otherwise: None,
        },
        wanted_by: API_TOOLS,
    },
    Program {
        name: "chromium",
        any_of: &["chromium"],
        arguments: VERSION,
        grumbles: false,
        with: &[],
        at_least: None,
        without: "the API's page is not tested, unless CHROMIUM names a browser",
        package: Package {
            name: "Chromium",
            apt: Some("chromium"),
            brew: None,
            otherwise: None,
        },
        wanted_by: API_TOOLS,
    },
    Program {
        name: "pip",
        any_of: &["python3"],
        arguments: &["-m", "pip", "--version"],
        grumbles: false,
        with: &[],
        at_least: None,
        without: "the API is not fuzzed",
        package: Package {
            name: "Python 3 with pip",
            apt: Some("python3 python3-pip"),
            brew: Some("python"),
            otherwise: None,
        },
        wanted_by: API_TOOLS,
    },
    Program {
        name: "cargo-deny",
        any_of: &["cargo-deny"],
        arguments: VERSION,
        grumbles: false,
        with: &[],
        at_least: None,
        without: "licences and sources of dependencies are checked in CI alone",
        package: Package {
            name: "cargo-deny",
            apt: None,
            brew: Some("cargo-deny"),
            otherwise: Some("cargo install --locked cargo-deny"),
        },
        wanted_by: Some("deny.toml"),
    },
];

/// A look at each program that the application has a use for.
pub(super) fn looks() -> impl Iterator<Item = impl Fn(&Machine) -> Option<Check> + Send> {
    PROGRAMS
        .iter()
        .map(|program| move |machine: &Machine| look(program, machine))
}

fn look(program: &Program, machine: &Machine) -> Option<Check> {
    if let Some(file) = program.wanted_by
        && !machine.folder.join(file).is_file()
    {
        return None;
    }
    let ill = |status, detail| {
        let remedy = machine.install(program.package);
        Some(Check::ill(
            Group::Optional,
            program.name,
            status,
            detail,
            remedy,
        ))
    };
    let mut names = program.any_of.iter();
    let Some(file) = names.find_map(|name| machine.find(name)) else {
        let detail = format!("without it {}", program.without);
        return ill(Status::Missing, detail);
    };
    let line = match machine.ask(file, program.arguments) {
        Answer::Said(line) => line,
        Answer::Failed(line) if program.grumbles && version(&line).is_some() => line,
        other => return ill(Status::Unfit, complaint(&other)),
    };
    if let Some(least) = program.at_least {
        match version(&line) {
            None => return ill(Status::Unfit, complaint(&Answer::Said(line))),
            Some(found) if found < least => {
                let detail = format!("{line} is too old; at least {}.{}", least.0, least.1);
                return ill(Status::Unfit, detail);
            }
            Some(_) => {}
        }
    }
    let mut companions = program.with.iter();
    if let Some(absent) = companions.find(|name| machine.find(name).is_none()) {
        return ill(Status::Unfit, format!("{line}, but {absent} is missing"));
    }
    Some(Check::ok(Group::Optional, program.name, line))
}
