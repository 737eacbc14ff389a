    #[test]
    fn a_text_keeps_its_rules() {
        for text in ["x", " one\r\n\ttwo ", "<b>", "🐉", &"é".repeat(2000)] {
            assert!(EntryText::parse(text.to_owned()).is_ok(), "{text:?}");
        }
        for text in ["", " \n", "a\0", &"é".repeat(2001)] {
            assert!(EntryText::parse(text.to_owned()).is_err(), "{text:?}");
        }
    }

    #[test]
    fn the_schema_takes_what_the_type_takes() {
        let matches = |pattern: &str, text: &str| {
            let pattern = regex::Regex::new(pattern).expect("a regular expression");
            pattern.is_match(text)
        };
        assert_agrees::<EntryText>(matches, |text| check(text).is_ok(), false);
    }
