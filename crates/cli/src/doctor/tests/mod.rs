//! Machines made of a `PATH` with small scripts in it.

mod answers;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use tempfile::TempDir;

use super::machine::Installer;
use super::*;

/// Longer than any of these scripts can take.
const PATIENT: Duration = Duration::from_secs(120);

/// Too short for a program that never answers, as any time is.
const IMPATIENT: Duration = Duration::from_millis(100);

/// A machine, and the folder in which its programs and its application are.
struct Fake {
    folder: TempDir,
    machine: Machine,
}

impl Fake {
    /// One on which everything is well.
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary directory");
        let programs = folder.path().join("bin");
        fs::create_dir(&programs).expect("the folder is made");
        let machine = Machine {
            folder: folder.path().to_owned(),
            path: vec![programs],
            elsewhere: Vec::new(),
            installer: Installer::Apt { root: true },
            compiler: "cc".to_owned(),
            patience: PATIENT,
        };
        let library = folder.path().display().to_string();
        let fake = Self { folder, machine };
        fake.file("tests/openapi/package.json", "{}")
            .file("deny.toml", "")
            .program("cargo", "echo cargo 1.95.0")
            .program(
                "rustc",
                &format!("[ $1 = --version ] && echo rustc 1.95.0 || echo {library}"),
            )
            .program("cc", "echo cc 12.2.0")
            .program("git", "echo git version 2.39.5")
            .program("rustup", "echo rustup 1.29.0")
            .program("spin", "echo spin 4.1.0 '(abc 2026-05-01)'")
            .program("initdb", "echo initdb 17.1")
            .program("valkey-server", "echo Valkey server v=8.0.1")
            .program("mariadbd", "echo mariadbd Ver 10.11.9")
            .program("mariadb-install-db", ":")
            .program("mosquitto", "echo mosquitto version 2.0.11; exit 3")
            .program("mosquitto_sub", ":")
            .program("mosquitto_pub", ":")
            .program("mosquitto_passwd", ":")
            .program("node", "echo v22.12.0")
            .program("npm", "echo 10.9.0")
            .program("chromium", "echo Chromium 131.0.6778.85")
            .program("python3", "echo pip 24.0")
            .program("cargo-deny", "echo cargo-deny 0.20.2")
    }

    fn file(self, name: &str, text: &str) -> Self {
        let file = self.folder.path().join(name);
        fs::create_dir_all(file.parent().expect("a folder")).expect("the folder is made");
        fs::write(file, text).expect("it is written");
        self
    }

    /// With this shell script.
    fn program(self, name: &str, script: &str) -> Self {
        let file = self.folder.path().join("bin").join(name);
        fs::write(&file, format!("#!/bin/sh\n{script}\n")).expect("it is written");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).expect("it can be run");
        self
    }

    fn without(self, name: &str) -> Self {
        fs::remove_file(self.folder.path().join("bin").join(name)).expect("it was there");
        self
    }

    fn impatient(mut self) -> Self {
        self.machine.patience = IMPATIENT;
        self
    }

    /// What is found of the programs, whatever this machine is like otherwise.
    fn checks(&self) -> Vec<Check> {
        let listen = "127.0.0.1:0".parse().expect("an address");
        let checks = look(&self.machine, None, listen);
        let programs = checks.into_iter();
        programs
            .filter(|check| check.group != Group::Machine)
            .collect()
    }

    /// The one that is not well; there is one.
    fn complaint(&self) -> Check {
        let mut ill = self.checks();
        ill.retain(|check| check.status != Status::Ok);
        assert_eq!(ill.len(), 1, "{ill:#?}");
        ill.remove(0)
    }
}

fn command(remedy: Option<&Remedy>) -> &str {
    match remedy {
        Some(Remedy::Command(command)) => command,
        other => panic!("a command was expected, not {other:?}"),
    }
}

fn advice(remedy: Option<&Remedy>) -> &str {
    match remedy {
        Some(Remedy::Advice(advice)) => advice,
        other => panic!("advice was expected, not {other:?}"),
    }
}

#[test]
fn a_machine_with_everything_is_well() {
    let checks = Fake::new().checks();
    assert!(
        checks.iter().all(|check| check.status == Status::Ok),
        "{checks:#?}"
    );
    let names: Vec<&str> = checks.iter().map(|check| check.name).collect();
    assert_eq!(
        names,
        [
            "cargo",
            "rustc",
            "wasm32-wasip2",
            "c-compiler",
            "git",
            "spin",
            "postgresql",
            "redis",
            "mariadb",
            "mosquitto",
            "node",
            "chromium",
            "pip",
            "cargo-deny"
        ]
    );
    assert_eq!(checks[1].detail, "rustc 1.95.0");
}

#[test]
fn what_is_required_is_fatal_and_the_rest_is_not() {
    for (program, name, fatal, remedy) in [
        ("git", "git", false, "apt-get install git"),
        ("cc", "c-compiler", true, "apt-get install gcc libc6-dev"),
        ("cargo", "cargo", true, "rustup update stable"),
        (
            "valkey-server",
            "redis",
            false,
            "apt-get install redis-server",
        ),
        ("initdb", "postgresql", false, "apt-get install postgresql"),
        (
            "mosquitto_pub",
            "mosquitto",
            false,
            "apt-get install mosquitto mosquitto-clients",
        ),
        (
            "cargo-deny",
            "cargo-deny",
            false,
            "cargo install --locked cargo-deny",
        ),
    ] {
        let check = Fake::new().without(program).complaint();
        assert_eq!(check.name, name);
        assert_eq!(check.is_fatal(), fatal, "{check:?}");
        assert_eq!(command(check.remedy.as_ref()), remedy);
        let report = Report {
            versions: Vec::new(),
            checks: vec![check],
        };
        assert_eq!(report.is_well(), !fatal);
        assert_eq!(report.to_json()["ok"], !fatal);
        assert!(report.to_text().contains(remedy));
    }
}

#[test]
fn without_rustc_there_is_no_target_either() {
    let fake = Fake::new()
        .without("rustc")
        .file("rust-toolchain.toml", "[toolchain]\nchannel = '1.95.0'\n");
    let mut ill = fake.checks();
    ill.retain(Check::is_fatal);
    let names: Vec<&str> = ill.iter().map(|check| check.name).collect();
    assert_eq!(names, ["rustc", "wasm32-wasip2"]);
    assert_eq!(
        command(ill[0].remedy.as_ref()),
        "rustup toolchain install 1.95.0"
    );
    let ill = fake.without("rustup").checks();
    let rustc = ill.iter().find(|check| check.name == "rustc");
    let advice = advice(rustc.and_then(|check| check.remedy.as_ref()));
    assert!(advice.contains("https://rustup.rs"), "{advice}");
}

#[test]
fn the_toolchain_file_and_cargos_manifest_are_held_against_rustc() {
    let fake = Fake::new().file("rust-toolchain.toml", "[toolchain]\nchannel = '1.90.0'\n");
    let check = fake.complaint();
    assert!(check.is_fatal() && check.status == Status::Unfit);
    assert!(check.detail.contains("names 1.90.0"), "{check:?}");
    assert_eq!(
        command(check.remedy.as_ref()),
        "rustup toolchain install 1.90.0"
    );

    let manifest = "[workspace.package]\nrust-version = '1.96'\n";
    let check = Fake::new().file("Cargo.toml", manifest).complaint();
    assert!(check.detail.contains("1.96 as the oldest"), "{check:?}");
    assert_eq!(command(check.remedy.as_ref()), "rustup update stable");
}

#[test]
fn a_target_that_is_not_there_is_added_by_rustup() {
    let script = "[ $1 = --version ] && echo rustc 1.95.0 || echo /nowhere/lib";
    let check = Fake::new().program("rustc", script).complaint();
    assert_eq!(check.name, "wasm32-wasip2");
    assert!(check.is_fatal());
    assert_eq!(
        command(check.remedy.as_ref()),
        "rustup target add wasm32-wasip2"
    );
}

#[test]
fn a_compiler_without_the_c_library_is_no_use() {
    let script = "[ $1 = --version ] && echo cc 12.2.0 || { echo no stdlib.h >&2; exit 1; }";
    let check = Fake::new().program("cc", script).complaint();
    assert_eq!((check.name, check.status), ("c-compiler", Status::Unfit));
    assert!(check.detail.starts_with("cc 12.2.0, but"), "{check:?}");
}

#[test]
fn the_compiler_may_be_named_and_have_arguments() {
    let mut fake = Fake::new()
        .without("cc")
        .program("ccache", "[ $1 = gcc ] && echo $1 through ccache");
    fake.machine.compiler = "ccache gcc".to_owned();
    let checks = fake.checks();
    let compiler = checks.iter().find(|check| check.name == "c-compiler");
    assert_eq!(
        compiler.map(|check| check.detail.as_str()),
        Some("gcc through ccache")
    );
}

#[test]
fn what_is_too_old_is_unfit_and_what_is_new_is_not() {
    for (name, old, new) in [
        ("node", "echo v18.20.4", "echo v100.0.0"),
        ("spin", "echo spin 3.9.9", "echo spin 4.10.0"),
    ] {
        let check = Fake::new().program(name, old).complaint();
        assert_eq!((check.name, check.status), (name, Status::Unfit));
        assert!(check.detail.contains("too old"), "{check:?}");
        assert!(!check.is_fatal());
        let checks = Fake::new().program(name, new).checks();
        assert!(checks.iter().all(|check| check.status == Status::Ok));
    }
    let check = Fake::new().program("node", "echo hello").complaint();
    assert!(check.detail.contains("names no version"), "{check:?}");
}

#[test]
fn a_file_that_cannot_be_run_is_none() {
    let fake = Fake::new();
    let file = fake.folder.path().join("bin/git");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).expect("it is changed");
    assert_eq!(fake.complaint().status, Status::Missing);
}

#[test]
fn tools_that_the_application_has_no_use_for_are_not_looked_at() {
    let fake = Fake::new().without("node").without("cargo-deny");
    fs::remove_dir_all(fake.folder.path().join("tests")).expect("it was there");
    fs::remove_file(fake.folder.path().join("deny.toml")).expect("it was there");
    let checks = fake.checks();
    assert!(checks.iter().all(|check| check.status == Status::Ok));
    assert!(!checks.iter().any(|check| check.name == "node"));
}

#[test]
fn each_installer_has_its_command_and_no_installer_has_a_name() {
    let remedy = |installer| {
        let mut fake = Fake::new().without("mariadbd");
        fake.machine.installer = installer;
        fake.complaint().remedy
    };
    let sudo = remedy(Installer::Apt { root: false });
    assert_eq!(
        command(sudo.as_ref()),
        "sudo apt-get install mariadb-server"
    );
    assert_eq!(
        command(remedy(Installer::Brew).as_ref()),
        "brew install mariadb"
    );
    assert_eq!(
        advice(remedy(Installer::Unknown).as_ref()),
        "install MariaDB's server"
    );
}

#[test]
fn a_broken_manifest_is_fatal_and_none_is_not() {
    let fake = Fake::new().file("spin.toml", "spin_manifest_version = 2\n[[[\n");
    let path = fake.folder.path().join("spin.toml");
    let broken = application(Some(&path));
    assert!(broken.is_fatal());
    assert!(broken.detail.contains("spin.toml:2"), "{broken:?}");
    assert!(!application(None).is_fatal());
}
