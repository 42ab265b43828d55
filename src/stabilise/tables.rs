//! Tables as clients draw them with `+`, `-` and `|`: what stands in them, whatever their width.
//!
//! In: lines of output. Out: the same lines without padding, to compare and change them; and lines
//! with padding again, as wide as what they hold now.

/// A table among lines: its first line, and the one behind its last.
struct Table {
    start: usize,
    end: usize,
    columns: usize,
}

/// The lines, those of tables with one blank around each cell and one dash a column in borders.
pub(super) fn unpadded(lines: &[&str]) -> Vec<String> {
    let mut texts: Vec<String> = lines.iter().map(|&line| line.to_owned()).collect();
    for Table { start, end, columns } in tables(lines) {
        for index in start..end {
            texts[index] = match cells(lines[index]) {
                Some(cells) => {
                    let cells: Vec<&str> = cells.into_iter().map(str::trim).collect();
                    format!("| {} |", cells.join(" | "))
                }
                None => format!("+{}", "-+".repeat(columns)),
            };
        }
    }
    texts
}

/// Lines that say what `texts` do, which are [`unpadded`] and one for each line of `lines`, and are
/// laid out as those. A column is as wide as it needs to be, if it was before.
pub(super) fn padded(lines: &[&str], mut texts: Vec<String>) -> Vec<String> {
    for Table { start, end, columns } in tables(lines) {
        if let Some(rows) = rows(&lines[start..end], &texts[start..end], columns) {
            let widths: Vec<usize> = (0..columns).map(|column| width(&rows, column)).collect();
            let drawn: Vec<String> = rows.iter().map(|row| row.drawn(&widths)).collect();
            texts.splice(start..end, drawn);
        }
    }
    texts
}

/// A line of a table, as it was laid out and with what it holds now.
enum Row<'a> {
    /// Its dash, and the widths of the columns.
    Border(char, Vec<usize>),
    Cells(Vec<Cell<'a>>),
}

impl Row<'_> {
    fn drawn(&self, widths: &[usize]) -> String {
        match self {
            Self::Border(fill, _) => {
                let column = |width: &usize| fill.to_string().repeat(*width) + "+";
                format!("+{}", widths.iter().map(column).collect::<String>())
            }
            Self::Cells(cells) => {
                let column = |(cell, width): (&Cell<'_>, &usize)| cell.padded_to(*width) + "|";
                format!("|{}", cells.iter().zip(widths).map(column).collect::<String>())
            }
        }
    }
}

struct Cell<'a> {
    text: &'a str,
    /// Columns on a terminal that the text takes, and that the one before took.
    width: usize,
    old_width: usize,
    /// Blanks before and behind it.
    blanks: (usize, usize),
}

impl Cell<'_> {
    fn padded_to(&self, width: usize) -> String {
        let free = width.saturating_sub(self.width);
        let (before, behind) = self.blanks;
        // Numbers stand at the right, and all else at the left or in the middle.
        let before = if behind == 1 && before > 1 {
            free.saturating_sub(behind)
        } else {
            before.min(free.saturating_sub(1))
        };
        format!("{}{}{}", " ".repeat(before), self.text, " ".repeat(free - before))
    }
}

/// The rows of one table; none if a border and a row do not agree.
fn rows<'a>(lines: &[&str], texts: &'a [String], columns: usize) -> Option<Vec<Row<'a>>> {
    // Wide characters take two columns, so only a border tells how wide a column is.
    let widths = border(lines.first()?)?.1;
    let row = |(line, text): (&&str, &'a String)| {
        let Some(old) = cells(line) else {
            return border(line).map(|(fill, widths)| Row::Border(fill, widths));
        };
        let new = cells(text).filter(|new| new.len() == columns)?;
        let cell = |((old, new), width): ((&str, &'a str), &usize)| {
            let new = new.trim();
            let before = old.len() - old.trim_start_matches(' ').len();
            let behind = old.len() - old.trim_end_matches(' ').len();
            let old_width = width.checked_sub(before + behind).unwrap_or(0);
            let grown = new.chars().count() + old_width;
            let width = grown.checked_sub(old.trim_matches(' ').chars().count())?;
            Some(Cell { text: new, width, old_width, blanks: (before, behind) })
        };
        let cells = old.into_iter().zip(new).zip(&widths).map(cell);
        Some(Row::Cells(cells.collect::<Option<Vec<Cell<'a>>>>()?))
    };
    lines.iter().zip(texts).map(row).collect()
}

/// How wide a column is to be, its blanks included.
fn width(rows: &[Row<'_>], column: usize) -> usize {
    let cells = || {
        rows.iter().filter_map(|row| match row {
            Row::Cells(cells) => Some(&cells[column]),
            Row::Border(..) => None,
        })
    };
    let borders = rows.iter().find_map(|row| match row {
        Row::Border(_, widths) => Some(widths[column]),
        Row::Cells(_) => None,
    });
    let width = borders.unwrap_or(0);
    let needed = |width: usize| width + 2;
    let before = cells().map(|cell| needed(cell.old_width)).max().unwrap_or(0);
    let now = cells().map(|cell| needed(cell.width)).max().unwrap_or(0);
    let changed = cells().any(|cell| cell.width != cell.old_width);
    if !changed || (before < width && now < width) { width } else { now }
}

/// The tables among the lines: a border, and what follows in as many columns.
fn tables(lines: &[&str]) -> Vec<Table> {
    let mut tables = Vec::new();
    let mut start = 0;
    while start < lines.len() {
        let Some((_, widths)) = border(lines[start]) else {
            start += 1;
            continue;
        };
        let columns = widths.len();
        let fits = |line: &&&str| match cells(line) {
            Some(cells) => cells.len() == columns,
            None => border(line).is_some_and(|(_, widths)| widths.len() == columns),
        };
        let end = start + lines[start..].iter().take_while(fits).count();
        if lines[start..end].iter().any(|line| cells(line).is_some()) {
            tables.push(Table { start, end, columns });
        }
        start = end;
    }
    tables
}

/// The dash of a border such as `+----+-----+`, and how many there are in each column.
fn border(line: &str) -> Option<(char, Vec<usize>)> {
    let inside = line.trim_end().strip_prefix('+')?.strip_suffix('+')?;
    let fill = inside.chars().next().filter(|fill| ['-', '='].contains(fill))?;
    let widths: Vec<usize> = inside.split('+').map(str::len).collect();
    let is_border = inside.chars().all(|part| part == fill || part == '+') && !widths.contains(&0);
    is_border.then_some((fill, widths))
}

/// What stands between the bars of a row.
fn cells(line: &str) -> Option<Vec<&str>> {
    let inside = line.trim_end().strip_prefix('|')?.strip_suffix('|')?;
    Some(inside.split('|').collect())
}

#[cfg(test)]
mod tests {
    use super::{padded, unpadded};

    const TABLE: [&str; 7] = [
        "before",
        "+-------+---------+------+",
        "| Field | Value   | Size |",
        "+-------+---------+------+",
        "| id    | abcdefg |   12 |",
        "| 이름  | x       |    3 |",
        "+-------+---------+------+",
    ];

    fn changed(was: &str, is: &str) -> Vec<String> {
        let texts = unpadded(&TABLE).iter().map(|text| text.replace(was, is)).collect();
        padded(&TABLE, texts)
    }

    #[test]
    fn what_is_padded_again_is_as_it_was() {
        assert_eq!(unpadded(&TABLE)[1..3], ["+-+-+-+", "| Field | Value | Size |"]);
        assert_eq!(changed("nothing", "else"), TABLE);
    }

    #[test]
    fn a_column_is_as_wide_as_it_needs_to_be() {
        assert_eq!(
            changed("abcdefg", "abc"),
            [
                "before",
                "+-------+-------+------+",
                "| Field | Value | Size |",
                "+-------+-------+------+",
                "| id    | abc   |   12 |",
                "| 이름  | x     |    3 |",
                "+-------+-------+------+",
            ]
        );
        assert_eq!(
            changed("12", "12345")[3..],
            [
                "+-------+---------+-------+",
                "| id    | abcdefg | 12345 |",
                "| 이름  | x       |     3 |",
                "+-------+---------+-------+",
            ]
        );
    }

    #[test]
    fn lines_that_only_look_like_a_table_are_left() {
        let lines = ["| a | b |", "+--+", "| a |  b |", "|", "+", "++"];
        assert_eq!(unpadded(&lines), lines);
        assert_eq!(padded(&lines, lines.map(str::to_owned).to_vec()), lines);
    }
}
