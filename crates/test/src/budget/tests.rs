use super::*;

const COST: Cost = Cost {
    fuel: 1_000_000,
    memory_bytes: 1_310_720,
    calls: 3,
};

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

fn budgets(path: &Path, mode: Mode, size: u64, cost: Cost) -> Budgets {
    let mut budgets = Budgets::open_to(path, mode);
    budgets.components.insert("health".to_owned(), size);
    budgets.request("GET /health/live", cost);
    budgets
}

/// What `finish` would tell, over a file that was made with `COST` and a size of 1,000.
fn told(size: u64, cost: Cost) -> String {
    let folder = folder();
    let path = folder.path().join("budgets.toml");
    budgets(&path, Mode::Update, 1_000, COST).finish();
    let mut budgets = budgets(&path, Mode::Compare, size, cost);
    budgets.finished = true;
    budgets.differences()
}

#[test]
fn what_was_written_is_kept_to_the_headroom_and_no_further() {
    assert_eq!(told(1_000, COST), "");
    assert_eq!(told(1_020, COST), "");
    assert_eq!(
        told(1_021, COST),
        "  health: bytes 1_000 → 1_021 (+2.1 %; headroom: 2 %)\n"
    );
    let fuel = |fuel| told(1_000, Cost { fuel, ..COST });
    assert_eq!(fuel(1_050_000), "");
    assert_eq!(
        fuel(1_050_001),
        "  GET /health/live: fuel 1_000_000 → 1_050_001 (+5.0 %; headroom: 5 %)\n"
    );
    let memory = |pages: u64| {
        let memory_bytes = COST.memory_bytes + pages * 65_536;
        told(
            1_000,
            Cost {
                memory_bytes,
                ..COST
            },
        )
    };
    assert_eq!(memory(1), "");
    assert_eq!(
        memory(2),
        "  GET /health/live: bytes of memory 1_310_720 → 1_441_792 (+10.0 %; headroom: 65_536 bytes)\n"
    );
}

#[test]
fn fuel_that_is_burnt_on_purpose_hides_nothing_else() {
    let before = Cost {
        fuel: 800_000_000,
        ..COST
    };
    let told = |fuel| cost_difference(&Headroom::default(), "login", before, Cost { fuel, ..COST });
    assert_eq!(told(802_000_000), "");
    assert_eq!(told(798_000_000), "");
    assert_eq!(
        told(802_000_001),
        "  login: fuel 800_000_000 → 802_000_001 (+0.3 %; headroom: 2_000_000)\n"
    );
    assert!(told(797_999_999).contains("lower the budget"));
}

#[test]
fn a_call_more_or_less_is_a_difference() {
    let calls = |calls| told(1_000, Cost { calls, ..COST });
    assert!(calls(4).contains("host calls 3 → 4 (+33.3 %; headroom: 0)"));
    assert!(calls(2).contains("host calls 3 → 2 (-33.3 %; lower the budget)"));
}

#[test]
fn what_is_far_below_is_to_be_lowered() {
    assert_eq!(told(800, COST), "");
    assert!(told(799, COST).contains("lower the budget"));
    let cost = Cost {
        fuel: 799_999,
        ..COST
    };
    assert!(told(1_000, cost).contains("fuel 1_000_000 → 799_999 (-20.0 %; lower the budget)"));
}

#[test]
fn names_that_are_missing_on_either_side_are_told() {
    let folder = folder();
    let path = folder.path().join("budgets.toml");
    budgets(&path, Mode::Update, 1_000, COST).finish();

    let mut other = Budgets::open_to(&path, Mode::Compare);
    other.request("GET /health/ready", COST);
    other.finished = true;

    assert_eq!(
        other.differences(),
        "  GET /health/ready: fuel 1_000_000, memory 1_310_720 bytes, 3 host calls, without a \
         budget\n  GET /health/live: has a budget, and nothing measures it\n  health: has a \
         budget, and is no component\n"
    );
}

#[test]
#[should_panic(expected = "--update-budgets")]
fn a_failure_says_how_to_update() {
    let folder = folder();
    let path = folder.path().join("budgets.toml");
    budgets(&path, Mode::Update, 1_000, COST).finish();
    budgets(&path, Mode::Compare, 2_000, COST).finish();
}

#[test]
fn what_nobody_has_recorded_is_no_failure_and_writes_nothing() {
    let folder = folder();
    let path = folder.path().join("budgets.toml");

    budgets(&path, Mode::Compare, 1_000, COST).finish();

    assert!(!path.exists());
}

#[test]
#[should_panic(expected = "budgets.toml is not there")]
fn what_nobody_has_recorded_is_a_failure_where_budgets_are_required() {
    let folder = folder();
    let path = folder.path().join("budgets.toml");
    budgets(&path, Mode::Require, 1_000, COST).finish();
}

#[test]
#[should_panic(expected = "without a budget")]
fn a_file_that_has_budgets_has_them_all() {
    let folder = folder();
    let path = folder.path().join("budgets.toml");
    budgets(&path, Mode::Update, 1_000, COST).finish();
    let mut budgets = budgets(&path, Mode::Compare, 1_000, COST);
    budgets.request("GET /health/ready", COST);
    budgets.finish();
}

#[test]
#[should_panic(expected = "nothing measures a request of {\"/health/ready\"}")]
fn a_route_that_nothing_measures_is_found_before_anything_is_recorded() {
    let folder = folder();
    let path = folder.path().join("budgets.toml");
    let mut budgets = budgets(&path, Mode::Update, 1_000, COST);
    budgets.unmeasured_routes.insert("/health/ready".to_owned());
    budgets.finish();
}

#[test]
#[should_panic(expected = "call `Budgets::finish`")]
fn budgets_that_are_not_compared_fail() {
    let folder = folder();
    drop(budgets(
        &folder.path().join("budgets.toml"),
        Mode::Compare,
        1_000,
        COST,
    ));
}

#[test]
#[should_panic(expected = "is not a file of budgets: ")]
fn a_member_that_means_nothing_is_refused() {
    let folder = folder();
    let path = folder.path().join("budgets.toml");
    std::fs::write(&path, "[headroom]\nfule_percent = 5\n").expect("it is writable");
    drop(Budgets::open_to(&path, Mode::Compare));
}

#[test]
fn an_update_keeps_comments_and_headroom_and_order() {
    let folder = folder();
    let path = folder.path().join("budgets.toml");
    let before = r#"# Ours.

# Generous.
[headroom]
fuel_percent = 10
fuel_at_most = 7

[requests]
"GET /gone" = { fuel = 1, memory_bytes = 1, calls = 1 }
# It looks up = everything.
"GET /health/live" = { fuel = 1, memory_bytes = 1, calls = 1 }
"#;
    std::fs::write(&path, before).expect("it is writable");

    let mut budgets = budgets(&path, Mode::Update, 1_000, COST);
    budgets.request("DELETE /\"x\"", COST);
    budgets.finish();

    let text = std::fs::read_to_string(&path).expect("it was written");
    assert!(
        text.starts_with(
            "# Ours.\n\n# Generous.\n[headroom]\nfuel_percent = 10\nfuel_at_most = 7\n"
        ),
        "{text}"
    );
    assert!(
        text.ends_with(
            "[requests]\n'DELETE /\"x\"' = { fuel = 1_000_000, memory_bytes = 1_310_720, calls = 3 }\n\
             # It looks up = everything.\n\"GET /health/live\" = \
             { fuel = 1_000_000, memory_bytes = 1_310_720, calls = 3 }\n"
        ),
        "{text}"
    );
    // A second time nothing changes.
    let again = Budgets::open_to(&path, Mode::Compare);
    assert_eq!(again.file.render(&text), text);
    std::mem::forget(again);
}
