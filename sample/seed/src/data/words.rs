//! Titles, sentences, bodies, tags and names, of about the length that people write.

use conduit::TagName;

use super::random::Random;
use super::vocabulary::{
    ADJECTIVES, COMMON, FAMILY_NAMES, GIVEN_NAMES, NOUNS, QUALIFIERS, TITLES, TOPICS, VERBS,
};

/// How many tags there are.
pub(super) const TAGS: u64 = (TOPICS.len() * (1 + QUALIFIERS.len())) as u64;

/// The tag of that rank.
pub(super) fn tag(rank: u64) -> TagName {
    let rank = usize::try_from(rank).unwrap_or(0);
    let topic = TOPICS[rank % TOPICS.len()];
    let name = match (rank / TOPICS.len()).checked_sub(1) {
        None => topic.to_owned(),
        Some(row) => format!("{}-{topic}", QUALIFIERS[row % QUALIFIERS.len()]),
    };
    TagName::parse(&name).expect("tags keep the rules")
}

/// A given and a family name.
pub(super) fn name(random: &mut Random) -> String {
    format!("{}-{}", random.of(&GIVEN_NAMES), random.of(&FAMILY_NAMES))
}

pub(super) fn title(random: &mut Random) -> String {
    let mut title = String::with_capacity(80);
    let mut rest = random.of(&TITLES);
    while let Some((text, after)) = rest.split_once('{') {
        title.push_str(text);
        let (slot, after) = after.split_once('}').unwrap_or((after, ""));
        title.push_str(match slot {
            "a" => random.of(&ADJECTIVES),
            "n" => random.of(&NOUNS),
            "t" => random.of(&TOPICS),
            _ => random.of(&VERBS),
        });
        rest = after;
    }
    title.push_str(rest);
    capitalise(&mut title, 0);
    title
}

/// Six to eighteen words.
pub(super) fn sentence(random: &mut Random) -> String {
    let mut text = String::with_capacity(120);
    push_sentence(random, &mut text);
    text
}

/// Two to ten paragraphs, rather few, of some sentences each.
pub(super) fn body(random: &mut Random) -> String {
    let paragraphs = 2 + random.rank(9);
    let mut text = String::with_capacity(1024);
    for paragraph in 0..paragraphs {
        if paragraph > 0 {
            text.push_str("\n\n");
        }
        for sentence in 0..2 + random.below(3) {
            if sentence > 0 {
                text.push(' ');
            }
            push_sentence(random, &mut text);
        }
    }
    text
}

fn push_sentence(random: &mut Random, text: &mut String) {
    let start = text.len();
    for word in 0..6 + random.below(13) {
        if word > 0 {
            text.push(' ');
        }
        text.push_str(match random.below(8) {
            0 => random.of(&NOUNS),
            1 => random.of(&ADJECTIVES),
            _ => random.of(&COMMON),
        });
    }
    capitalise(text, start);
    text.push('.');
}

/// All words begin with ASCII.
fn capitalise(text: &mut str, start: usize) {
    if let Some(first) = text.get_mut(start..=start) {
        first.make_ascii_uppercase();
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::super::random::Stream;
    use super::*;

    #[test]
    fn every_tag_is_another_one() {
        let tags: HashSet<TagName> = (0..TAGS).map(tag).collect();
        assert_eq!(tags.len(), 3_000);
    }

    #[test]
    fn texts_are_whole_and_of_a_usual_length() {
        let mut lengths = 0;
        for number in 0..1_000 {
            let mut random = Random::new(1, Stream::Article, number);
            let (title, body) = (title(&mut random), body(&mut random));
            assert!(!title.contains(['{', '}']), "{title}");
            assert!(
                title.starts_with(char::is_uppercase) && title.len() < 120,
                "{title}"
            );
            assert!(body.ends_with('.') && body.contains("\n\n"), "{body}");
            lengths += body.len();
        }
        let average = lengths / 1_000;
        assert!((400..1_500).contains(&average), "{average}");
    }
}
