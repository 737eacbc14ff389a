use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use argon2::password_hash::{PasswordHasher, phc};
use argon2::{Algorithm, Argon2, Params, Version};

use super::*;

const SALT: [u8; SALT_BYTES] = [3; SALT_BYTES];

fn password() -> Password {
    Password::parse("correct horse").expect("within the limits")
}

#[test]
fn a_hash_is_a_phc_string_with_owasps_parameters() {
    let hash = password().hash(&SALT);

    assert!(hash.as_str().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
}

#[test]
fn the_right_password_verifies_and_another_does_not() {
    let hash = password().hash(&SALT);

    assert_eq!(verify("correct horse", Some(hash.as_str())), Verdict::Right);
    assert_eq!(verify("correct horsf", Some(hash.as_str())), Verdict::Wrong);
    assert_eq!(verify("", Some(hash.as_str())), Verdict::Wrong);
    assert_eq!(
        verify(&"x".repeat(100_000), Some(hash.as_str())),
        Verdict::Wrong
    );
}

#[test]
fn a_password_is_hashed_and_counted_in_one_form() {
    // Composed, decomposed, and in full width.
    let spellings = [
        "correct hörse",
        "correct ho\u{308}rse",
        "ｃｏｒｒｅｃｔ　ｈörse",
    ];
    let hash = Password::parse(spellings[1])
        .expect("within the limits")
        .hash(&SALT);
    for attempt in spellings {
        assert_eq!(
            verify(attempt, Some(hash.as_str())),
            Verdict::Right,
            "{attempt}"
        );
    }
    // Seven characters in fourteen code points, and 128 in 384.
    let parse = |text: &str| Password::parse(text).err();
    assert_eq!(parse(&"o\u{308}".repeat(7)), Some(PasswordError::TooShort));
    assert_eq!(
        parse(&"\u{1112}\u{1161}\u{11AB}".repeat(MAX_CHARACTERS)),
        None
    );
    // One character that is eighteen.
    assert_eq!(parse(&"\u{FDFA}".repeat(8)), Some(PasswordError::TooLong));
    assert_eq!(
        parse(&"o\u{308}".repeat(100_000)),
        Some(PasswordError::TooLong)
    );
}

#[test]
fn the_form_makes_one_character_of_at_most_four() {
    let nfd = icu_normalizer::DecomposingNormalizerBorrowed::new_nfd();
    for c in '\0'..=char::MAX {
        let decomposed = nfd.normalize(c.encode_utf8(&mut [0; 4])).chars().count();
        assert!(decomposed * MAX_CHARACTERS <= MAX_RAW_CHARACTERS, "{c:?}");
    }
}

#[test]
fn a_hash_of_the_text_as_it_was_typed_still_fits_and_is_to_be_replaced() {
    let typed = "correct ho\u{308}rse";
    let old = hash_bytes(typed.as_bytes(), &SALT);

    assert_eq!(verify(typed, Some(old.as_str())), Verdict::NeedsRehash);
    assert_eq!(verify("correct hörse", Some(old.as_str())), Verdict::Wrong);
    assert_eq!(verify(typed, None), Verdict::Wrong);
}

/// Whether the first hash fits, fits not, or is nobody's: otherwise the time would tell.
#[test]
fn what_is_computed_depends_on_the_attempt_alone() {
    let normalized = Password::parse("correct hörse")
        .expect("within the limits")
        .hash(&SALT);
    let typed = hash_bytes("correct ho\u{308}rse".as_bytes(), &SALT);
    for (attempt, hashes) in [("correct hörse", 1), ("correct ho\u{308}rse", 2)] {
        for stored in [
            Some(normalized.as_str()),
            Some(typed.as_str()),
            Some("broken"),
            None,
        ] {
            let before = HASHES.get();
            let _ = verify(attempt, stored);
            assert_eq!(HASHES.get() - before, hashes, "{attempt}, {stored:?}");
        }
    }
}

#[test]
fn control_characters_are_refused() {
    for text in [
        "correct\thorse",
        "correct horse\n",
        "correct\0horse",
        "correct\u{85}horse",
    ] {
        assert_eq!(
            Password::parse(text).err(),
            Some(PasswordError::Control),
            "{text:?}"
        );
    }
}

#[test]
fn random_salts_make_different_hashes() {
    let first = password().hash_with_random_salt().expect("randomness");
    let second = password().hash_with_random_salt().expect("randomness");

    assert_ne!(first, second);
}

#[test]
fn no_password_is_cut_off() {
    let longest = "x".repeat(MAX_CHARACTERS);
    let hash = Password::parse(&longest)
        .expect("the limit itself")
        .hash(&SALT);

    assert_eq!(verify(&longest, Some(hash.as_str())), Verdict::Right);
    assert_eq!(verify(&longest[1..], Some(hash.as_str())), Verdict::Wrong);
    assert_eq!(
        verify(&format!("{longest}x"), Some(hash.as_str())),
        Verdict::Wrong
    );
    assert_eq!(
        Password::parse(&format!("{longest}x")).err(),
        Some(PasswordError::TooLong)
    );
}

#[test]
fn length_is_counted_in_characters() {
    assert!(Password::parse("\u{1F511}".repeat(MIN_CHARACTERS).as_str()).is_ok());
    assert_eq!(
        Password::parse("1234567").err(),
        Some(PasswordError::TooShort)
    );
    assert_eq!(
        Password::parse("\u{1F511}\u{1F511}").err(),
        Some(PasswordError::TooShort)
    );
}

#[test]
fn the_dummy_hash_costs_what_a_real_one_costs() {
    let dummy = phc::PasswordHash::new(DUMMY_HASH).expect("a PHC string");

    assert!(!needs_rehash(&dummy));
    assert_eq!(verify("", None), Verdict::Wrong);
}

#[test]
fn other_parameters_ask_for_a_new_hash() {
    let weaker = Params::new(MEMORY_KIB / 2, PASSES, LANES, None).expect("valid");
    let old: phc::PasswordHash = Argon2::new(Algorithm::Argon2id, Version::V0x13, weaker)
        .hash_password_with_salt(b"correct horse", &SALT)
        .expect("hashes");

    assert_eq!(
        verify("correct horse", Some(&old.to_string())),
        Verdict::NeedsRehash
    );
    assert_eq!(
        verify("wrong horse", Some(&old.to_string())),
        Verdict::Wrong
    );
}

#[test]
fn a_broken_stored_hash_matches_nothing() {
    for broken in [
        "",
        "$argon2id$",
        "correct horse",
        "$scrypt$ln=1$AAAAAAAAAAA$AAAAAAAAAAA",
    ] {
        assert_eq!(
            verify("correct horse", Some(broken)),
            Verdict::Wrong,
            "{broken}"
        );
    }
}

#[test]
fn debug_shows_nothing() {
    let shown = format!("{:?} {:?}", password(), password().hash(&SALT));

    assert!(
        !shown.contains("horse") && !shown.contains("argon2id"),
        "{shown}"
    );
}

/// The invariant of the module's page: never more than one block, and none once a call returned.
#[test]
fn hashing_holds_one_block_and_gives_it_back() {
    const BLOCK: usize = MEMORY_KIB as usize * 1024;
    let hash = password().hash(&SALT);
    let before = Meter::live();
    Meter::restart();

    for _ in 0..3 {
        assert_eq!(verify("correct horse", Some(hash.as_str())), Verdict::Right);
        assert_eq!(verify("correct horse", None), Verdict::Wrong);
    }

    let peak = Meter::peak() - before;
    assert!(
        (BLOCK..BLOCK + BLOCK / 4).contains(&peak),
        "{peak} bytes at the peak"
    );
    assert!(
        Meter::live() - before < 64 * 1024,
        "the block was not released"
    );
}

/// Otherwise the time of an answer would tell whether an address is registered.
#[test]
fn without_a_stored_hash_a_whole_one_is_computed() {
    for attempt in ["x", &"x".repeat(MAX_CHARACTERS + 1)] {
        let before = Meter::live();
        Meter::restart();

        assert_eq!(verify(attempt, None), Verdict::Wrong);

        let peak = Meter::peak() - before;
        assert!(
            peak >= MEMORY_KIB as usize * 1024,
            "{peak} bytes at the peak"
        );
    }
}

#[test]
fn an_over_long_attempt_matches_nothing() {
    let too_long = "x".repeat(MAX_CHARACTERS + 1);

    for hashed in [too_long.as_bytes(), b""] {
        let hash = hash_bytes(hashed, &SALT);
        assert_eq!(verify(&too_long, Some(hash.as_str())), Verdict::Wrong);
    }
}

/// Counts the bytes that this thread holds, so that tests running beside it do not disturb.
struct Meter;

thread_local! {
    /// How many blocks of a hash's size were allocated.
    static HASHES: Cell<usize> = const { Cell::new(0) };
    static LIVE: Cell<usize> = const { Cell::new(0) };
    static PEAK: Cell<usize> = const { Cell::new(0) };
}

#[global_allocator]
static METER: Meter = Meter;

impl Meter {
    fn live() -> usize {
        LIVE.get()
    }

    fn peak() -> usize {
        PEAK.get()
    }

    fn restart() {
        PEAK.set(LIVE.get());
    }

    fn grew(bytes: usize) {
        let live = LIVE.get().wrapping_add(bytes);
        LIVE.set(live);
        // What another thread allocated and this one freed makes the difference negative.
        if live < usize::MAX / 2 {
            PEAK.set(PEAK.get().max(live));
        }
    }

    fn counted(bytes: usize) {
        HASHES.set(HASHES.get() + usize::from(bytes >= MEMORY_KIB as usize * 1024));
    }

    fn shrank(bytes: usize) {
        LIVE.set(LIVE.get().wrapping_sub(bytes));
    }
}

// SAFETY: every call goes to the system's allocator unchanged; the counters do not allocate.
unsafe impl GlobalAlloc for Meter {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        Self::grew(layout.size());
        Self::counted(layout.size());
        // SAFETY: the caller's promise is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        Self::grew(layout.size());
        Self::counted(layout.size());
        // SAFETY: the caller's promise is passed on.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        Self::shrank(layout.size());
        // SAFETY: the caller's promise is passed on.
        unsafe { System.dealloc(block, layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        Self::shrank(layout.size());
        Self::grew(new_size);
        // SAFETY: the caller's promise is passed on.
        unsafe { System.realloc(block, layout, new_size) }
    }
}
