//! As much of Markdown as the rules need: tables and links, outside of code.

/// The rows of the first table with this header, each with its line (from 1) and as many cells as
/// the header has, trimmed. `None` if there is no such table.
pub(super) fn table(text: &str, header: &[&str]) -> Option<Vec<(usize, Vec<String>)>> {
    let mut lines = text.lines().enumerate();
    lines.find(|(_, line)| cells(line).is_some_and(|cells| cells == header))?;
    let rows = lines
        // The line of dashes below the header.
        .skip(1)
        .map_while(|(index, line)| Some((index + 1, cells(line)?)))
        .filter(|(_, cells)| cells.len() == header.len())
        .collect();
    Some(rows)
}

fn cells(line: &str) -> Option<Vec<String>> {
    let row = line.trim().strip_prefix('|')?.strip_suffix('|')?;
    Some(row.split('|').map(|cell| cell.trim().to_owned()).collect())
}

/// The targets of links and images, each with its line (from 1): `[text](target)` and
/// `[label]: target`.
pub(super) fn links(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut fence: Option<&str> = None;
    for (index, line) in text.lines().enumerate() {
        let trimmed = line.trim_start();
        let marker = ["```", "~~~"]
            .into_iter()
            .find(|marker| trimmed.starts_with(marker));
        match (fence, marker) {
            (None, Some(marker)) => fence = Some(marker),
            (Some(open), Some(marker)) if open == marker => fence = None,
            (None, None) => {
                found.extend(line_links(line).into_iter().map(|link| (index + 1, link)));
            }
            _ => {}
        }
    }
    found
}

fn line_links(line: &str) -> Vec<String> {
    // Every second piece between backticks is code.
    let prose: String = line.split('`').step_by(2).collect::<Vec<_>>().join("`");
    let mut targets: Vec<&str> = prose
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split(')').next())
        .collect();
    if prose.starts_with('[')
        && let Some((_, target)) = prose.split_once("]: ")
    {
        targets.push(target);
    }
    targets
        .into_iter()
        // What follows a blank is the title.
        .filter_map(|target| target.split_whitespace().next())
        .map(|target| target.trim_matches(['<', '>']).to_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_with_the_header_is_read_to_its_end() {
        let text = "| x | y |\n|--|--|\n| 1 | 2 |\n\n| a | b |\n|--|--|\n| `1` | 2 |\n| 3 | 4 |\n\n| 5 | 6 |\n";
        assert_eq!(
            table(text, &["a", "b"]),
            Some(vec![
                (7, vec!["`1`".to_owned(), "2".to_owned()]),
                (8, vec!["3".to_owned(), "4".to_owned()]),
            ])
        );
        assert_eq!(table(text, &["a"]), None);
    }

    #[test]
    fn links_in_code_are_none() {
        let text = "[a](b) `[c](d)` ![e](f \"g\")\n```\n[h](i)\n```\n[j]: <k>\n";
        assert_eq!(
            links(text),
            [
                (1, "b".to_owned()),
                (1, "f".to_owned()),
                (5, "k".to_owned())
            ]
        );
    }
}
