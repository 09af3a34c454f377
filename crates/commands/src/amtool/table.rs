//! Text in columns as Go's tabwriter sets it: a tab ends a cell, and cells that stand below each
//! other in consecutive lines are as wide as the widest of them and two spaces more.

/// Spaces behind the widest cell of a column.
const PADDING: usize = 2;

/// The text with its tabs replaced by spaces; what stands behind the last tab of a line is in no
/// column.
pub(super) fn aligned(text: &str) -> String {
    let lines: Vec<Vec<&str>> = text.split('\n').map(|line| line.split('\t').collect()).collect();
    let mut out = String::with_capacity(2 * text.len());
    set(&lines, &mut Vec::new(), &mut out);
    out.pop(); // The line feed behind the last line, which the text did not have.
    out
}

/// Writes lines whose first columns have these widths; looks for blocks of lines that have one
/// column more and sets them first.
fn set(lines: &[Vec<&str>], widths: &mut Vec<usize>, out: &mut String) {
    let column = widths.len();
    let has_column = |line: &Vec<&str>| line.len() > column + 1;
    for block in lines.chunk_by(|a, b| has_column(a) == has_column(b)) {
        if !block.first().is_some_and(has_column) {
            for line in block {
                write(line, widths, out);
            }
            continue;
        }
        let cells = block.iter().filter_map(|line| line.get(column));
        let widest = cells.map(|cell| cell.chars().count()).max().unwrap_or(0);
        widths.push(widest + PADDING);
        set(block, widths, out);
        widths.pop();
    }
}

fn write(line: &[&str], widths: &[usize], out: &mut String) {
    for (index, cell) in line.iter().enumerate() {
        out.push_str(cell);
        let width = widths.get(index).copied().unwrap_or(0);
        out.extend(std::iter::repeat_n(' ', width.saturating_sub(cell.chars().count())));
    }
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use super::aligned;

    #[test]
    fn cells_below_each_other_are_equally_wide() {
        assert_eq!(aligned("a\tbb\t\nccc\té\t\n"), "a    bb  \nccc  é   \n");
        assert_eq!(aligned("a\t\t\n"), "a    \n");
        assert_eq!(aligned("State:\tok\nName:\t\n"), "State:  ok\nName:   \n");
        assert_eq!(aligned(""), "");
    }

    #[test]
    fn lines_without_the_column_end_a_block() {
        let text = "a\tb\n\nlonger\tb\nplain\nx\ty\tz\nlong\tlong\tz\n";
        let set = "a  b\n\nlonger  b\nplain\nx     y     z\nlong  long  z\n";
        assert_eq!(aligned(text), set);
    }

    #[test]
    fn a_block_within_a_block_has_its_own_width() {
        // The second column of the first line ends where the second line has none.
        assert_eq!(aligned("a\tlong\tz\na\tb\nc\td\tz\n"), "a  long  z\na  b\nc  d  z\n");
    }
}
