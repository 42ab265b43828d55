//! The table that says what the names in a diagram stand for. People's rows and names stay.

/// The head of a table that doctool makes.
const HEAD: [&str; 2] = ["| Name | Stands for |", "| --- | --- |"];

/// A table among the lines of a page.
pub(super) struct Table {
    /// Its last line, counted from 0.
    pub(super) last: usize,
    rows: Vec<Row>,
}

struct Row {
    /// Its line, counted from 0.
    line: usize,
    name: String,
    value: String,
    text: String,
}

/// The first table with a row for one of the names.
pub(super) fn find(lines: &[String], names: &[&str]) -> Option<Table> {
    let mut rows: Vec<Row> = Vec::new();
    for (line, text) in lines.iter().enumerate() {
        if let Some(row) = row(line, text) {
            rows.push(row);
            let goes_on = lines.get(line + 1).is_some_and(|next| self::row(0, next).is_some());
            if goes_on {
                continue;
            }
            if rows.iter().any(|row| names.contains(&row.name.as_str())) {
                return Some(Table { last: line, rows });
            }
        }
        rows.clear();
    }
    None
}

/// All names and values that tables among these lines may tell.
pub(super) fn told(lines: &[String]) -> Vec<(String, String)> {
    let rows = lines.iter().enumerate().filter_map(|(line, text)| row(line, text));
    rows.map(|row| (row.name, row.value)).collect()
}

/// A table of its own.
pub(super) fn new(names: &[(String, Option<String>)]) -> Vec<String> {
    let rows = names.iter().filter_map(|(name, value)| {
        value.as_ref().map(|value| format!("| `{{{name}}}` | `{value}` |"))
    });
    HEAD.iter().map(|line| (*line).to_owned()).chain(rows).collect()
}

impl Table {
    /// The lines that are to be other ones, and those to add behind the last one.
    pub(super) fn brought_up(
        &self,
        names: &[(String, Option<String>)],
    ) -> (Vec<(usize, String)>, Vec<String>) {
        let (mut changed, mut added) = (Vec::new(), Vec::new());
        for (name, value) in names {
            let Some(value) = value else { continue };
            match self.rows.iter().find(|row| row.name == *name) {
                Some(row) if !row.value.contains(value.as_str()) && !row.value.is_empty() => {
                    changed.push((row.line, row.text.replacen(&row.value, value, 1)));
                }
                Some(_) => {}
                None => added.push(self.in_its_style(name, value)),
            }
        }
        (changed, added)
    }

    /// A row written as the last one is.
    fn in_its_style(&self, name: &str, value: &str) -> String {
        let Some(row) = self.rows.last() else { return format!("| {name} | {value} |") };
        match row.text.split_once(row.name.as_str()) {
            Some((before, behind)) if !row.value.is_empty() => {
                format!("{before}{name}{}", behind.replacen(&row.value, value, 1))
            }
            _ => format!("| {name} | {value} |"),
        }
    }
}

/// A line as a row with a name and a value.
fn row(line: usize, text: &str) -> Option<Row> {
    let cells = text.trim().strip_prefix('|')?;
    let mut cells = cells.split('|').map(|cell| {
        cell.trim().trim_matches('`').trim_start_matches('{').trim_end_matches('}').to_owned()
    });
    let (name, value) = (cells.next()?, cells.next()?);
    Some(Row { line, name, value, text: text.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::find;

    #[test]
    fn a_table_keeps_its_rows_and_its_style() {
        let text = "| what | id |\n|---|---|\n| image_id | old |\n| mine | 7, see above |";
        let lines: Vec<String> = text.lines().map(str::to_owned).collect();
        let table = find(&lines, &["image_id"]).expect("it has a row for the name");
        let some = |name: &str, value: &str| (name.to_owned(), Some(value.to_owned()));
        let names = [some("image_id", "new"), some("mine", "7"), some("task_id", "9")];
        let (changed, added) = table.brought_up(&names);
        assert_eq!(changed, [(2, "| image_id | new |".to_owned())]);
        assert_eq!(added, ["| task_id | 9 |"]);
        assert_eq!(table.last, 3);
        assert!(find(&lines, &["task_id"]).is_none());
    }
}
