//! A bill as text that somebody changes, with sums that fit again.

/// Header, entries, names of the sums, sums.
pub struct BillText {
    columns: Vec<String>,
    pub rows: Vec<Vec<String>>,
    sum_columns: Vec<String>,
    sums: Vec<String>,
}

fn names(line: &str) -> Vec<String> {
    line.trim_start_matches('\u{feff}').split(',').map(|name| name.split(['(', '（']).next().unwrap().trim().to_owned()).collect()
}

fn values(line: &str) -> Vec<String> {
    line.strip_prefix('`').unwrap().trim_end().split(",`").map(str::to_owned).collect()
}

/// The amount in fen.
pub fn fen(yuan: &str) -> i64 {
    let (whole, part) = yuan.split_once('.').unwrap();
    let sign = if whole.starts_with('-') { -1 } else { 1 };
    whole.parse::<i64>().unwrap() * 100 + sign * part[..2].parse::<i64>().unwrap()
}

pub fn yuan(fen: i64) -> String {
    format!("{}{}.{:02}", if fen < 0 { "-" } else { "" }, fen.abs() / 100, fen.abs() % 100)
}

impl BillText {
    pub fn read(bytes: &[u8]) -> Self {
        let text = std::str::from_utf8(bytes).unwrap();
        let (entries, rest): (Vec<&str>, Vec<&str>) = text.lines().partition(|line| line.starts_with('`'));
        let [columns, sum_columns] = rest[..] else { panic!("{text}") };
        let mut rows: Vec<Vec<String>> = entries.into_iter().map(values).collect();
        let sums = rows.pop().unwrap();
        Self { columns: names(columns), rows, sum_columns: names(sum_columns), sums }
    }

    fn column(&self, name: &str) -> usize {
        self.columns.iter().position(|known| known == name).unwrap()
    }

    pub fn get(&self, row: usize, name: &str) -> &str {
        &self.rows[row][self.column(name)]
    }

    pub fn set(&mut self, row: usize, name: &str, value: impl Into<String>) {
        let column = self.column(name);
        self.rows[row][column] = value.into();
    }

    /// The row that has this value.
    pub fn find(&self, name: &str, value: &str) -> usize {
        (0..self.rows.len()).find(|row| self.get(*row, name) == value).unwrap_or_else(|| panic!("no {name} {value}"))
    }

    fn sum(&self, name: &str, of: impl Fn(usize) -> bool) -> i64 {
        (0..self.rows.len()).filter(|row| of(*row)).map(|row| fen(self.get(row, name))).sum()
    }

    fn set_sum(&mut self, name: &str, value: String) {
        let place = self.sum_columns.iter().position(|known| known == name).unwrap();
        self.sums[place] = value;
    }

    /// The text again, as a bill of trades or of funds.
    pub fn written(mut self) -> String {
        let count = self.rows.len().to_string();
        if self.columns.iter().any(|name| name == "收支类型") {
            let (income, expense) = (
                self.sum("收支金额", |row| self.get(row, "收支类型") == "收入"),
                self.sum("收支金额", |row| self.get(row, "收支类型") == "支出"),
            );
            self.set_sum("资金流水总笔数", count);
            self.set_sum("收入金额", yuan(income));
            self.set_sum("支出金额", yuan(expense));
        } else {
            let (total, refunds) = (self.sum("订单金额", |_| true), self.sum("申请退款金额", |_| true));
            self.set_sum("总交易单数", count);
            self.set_sum("订单总金额", yuan(total));
            self.set_sum("申请退款总金额", yuan(refunds));
        }
        let line = |values: &Vec<String>| format!("`{}\r\n", values.join(",`"));
        let rows: String = self.rows.iter().map(line).collect();
        format!("\u{feff}{}\r\n{rows}{}\r\n{}", self.columns.join(","), self.sum_columns.join(","), line(&self.sums))
    }
}
