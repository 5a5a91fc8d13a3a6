//! Do the database's own sums agree? Counts of SKUs and flash items against the orders that they come from.
//! Not here: the journal against the database (`projection`), clients' receipts against both (`bench`).

use crate::platform::database::{Arguments, Database, Error};
use crate::platform::projection::{self, checkpoint};

/// What was compared, and every difference.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// The last journal record in the rows.
    pub checkpoint: u64,
    /// Orders that were compared.
    pub orders: u64,
    /// Flash items that were compared.
    pub flash_items: u64,
    /// SKUs that were compared.
    pub skus: u64,
    /// One sentence a difference; empty when all agree.
    pub differences: Vec<String>,
}

/// A rule: the rows that break it, each told by a sentence over the row's numbers.
struct Rule {
    breaking: &'static str,
    /// `{}` stands for the next number.
    sentence: &'static str,
}

const RULES: [Rule; 11] = [
    Rule {
        breaking: "SELECT i.id, i.held, COALESCE(o.pieces, 0) FROM seckill_items i LEFT JOIN (SELECT l.seckill_item_id AS item, \
             CAST(SUM(l.quantity) AS SIGNED) AS pieces FROM order_items l JOIN orders o ON o.id = l.order_id \
             WHERE o.status = 1 GROUP BY l.seckill_item_id) o ON o.item = i.id WHERE i.held <> COALESCE(o.pieces, 0)",
        sentence: "flash item {} holds {} pieces, its unpaid orders {}",
    },
    Rule {
        breaking: "SELECT i.id, i.sold, COALESCE(o.pieces, 0) FROM seckill_items i LEFT JOIN (SELECT l.seckill_item_id AS item, \
             CAST(SUM(l.quantity - l.refunded) AS SIGNED) AS pieces FROM order_items l JOIN orders o ON o.id = l.order_id \
             WHERE o.status IN (2, 3, 4, 6) GROUP BY l.seckill_item_id) o ON o.item = i.id WHERE i.sold <> COALESCE(o.pieces, 0)",
        sentence: "flash item {} has sold {} pieces, its paid orders have {}",
    },
    Rule {
        breaking: "SELECT id, remaining + held + sold, quota FROM seckill_items \
             WHERE carved_at IS NOT NULL AND released_at IS NULL AND remaining + held + sold <> quota",
        sentence: "flash item {} accounts for {} pieces of its quota of {}",
    },
    Rule {
        breaking: "SELECT s.id, s.held, COALESCE(o.pieces, 0) FROM skus s LEFT JOIN (SELECT l.sku_id AS sku, \
             CAST(SUM(l.quantity) AS SIGNED) AS pieces FROM order_items l JOIN orders o ON o.id = l.order_id \
             WHERE o.status = 1 AND l.seckill_item_id IS NULL GROUP BY l.sku_id) o ON o.sku = s.id WHERE s.held <> COALESCE(o.pieces, 0)",
        sentence: "SKU {} holds {} pieces, its unpaid orders outside of sales {}",
    },
    Rule {
        breaking: "SELECT s.id, s.sold, COALESCE(o.pieces, 0) FROM skus s LEFT JOIN (SELECT l.sku_id AS sku, \
             CAST(SUM(l.quantity - l.refunded) AS SIGNED) AS pieces FROM order_items l JOIN orders o ON o.id = l.order_id \
             WHERE o.status IN (2, 3, 4, 6) AND l.seckill_item_id IS NULL GROUP BY l.sku_id) o ON o.sku = s.id \
             WHERE s.sold <> COALESCE(o.pieces, 0)",
        sentence: "SKU {} has sold {} pieces, its paid orders outside of sales have {}",
    },
    Rule {
        breaking: "SELECT p.id, p.stock, s.pieces FROM products p JOIN (SELECT product_id, CAST(SUM(available) AS SIGNED) AS pieces \
             FROM skus GROUP BY product_id) s ON s.product_id = p.id WHERE p.stock <> s.pieces",
        sentence: "product {} shows {} pieces, its SKUs have {}",
    },
    Rule {
        breaking: "SELECT o.id, o.payable_fen, s.fen FROM orders o LEFT JOIN (SELECT order_id, \
             CAST(SUM(quantity * unit_price_fen) AS SIGNED) AS fen FROM order_items GROUP BY order_id) s ON s.order_id = o.id \
             WHERE s.fen IS NULL OR o.total_amount_fen <> s.fen OR (o.status = 5) <> (o.closed_at IS NOT NULL) \
             OR (o.payment_status >= 1) <> (o.paid_at IS NOT NULL) \
             OR o.payable_fen <> o.total_amount_fen - o.discount_fen + o.freight_fen",
        sentence: "order {} of {} fen does not agree with its lines ({} fen) or its times",
    },
    Rule {
        breaking: "SELECT p.product_id, p.reviews_count, COALESCE(r.reviews, 0) FROM product_ratings p LEFT JOIN (SELECT product_id, \
             COUNT(*) AS reviews, CAST(SUM(stars) AS SIGNED) AS stars, CAST(SUM(has_pictures) AS SIGNED) AS pictures FROM reviews \
             WHERE status = 2 GROUP BY product_id) r ON r.product_id = p.product_id WHERE p.reviews_count <> COALESCE(r.reviews, 0) \
             OR p.stars_sum <> COALESCE(r.stars, 0) OR p.pictures_count <> COALESCE(r.pictures, 0) \
             OR p.reviews_count <> p.stars_1 + p.stars_2 + p.stars_3 + p.stars_4 + p.stars_5 \
             OR p.stars_sum <> p.stars_1 + 2 * p.stars_2 + 3 * p.stars_3 + 4 * p.stars_4 + 5 * p.stars_5",
        sentence: "product {} counts {} reviews or their stars and pictures, of its rows {} are shown",
    },
    Rule {
        breaking: "SELECT c.order_id, c.pieces, i.quantity FROM (SELECT a.order_id, l.sku_id, CAST(SUM(l.quantity) AS SIGNED) AS pieces \
             FROM after_sales a JOIN after_sale_lines l ON l.after_sale_id = a.id WHERE a.status IN (1, 2, 3, 4, 5) \
             GROUP BY a.order_id, l.sku_id) c JOIN order_items i ON i.order_id = c.order_id AND i.sku_id = c.sku_id \
             WHERE c.pieces > i.quantity",
        sentence: "order {} has {} pieces of a line in open and done cases, the line has {}",
    },
    // A case that is done may be ahead of its refund's row, which is projected.
    Rule {
        breaking: "SELECT a.id, a.refunded_fen, r.amount_fen FROM after_sales a JOIN refunds r ON r.order_id = a.order_id \
             AND r.refund_id = a.id + 4503599627370496 WHERE a.status = 5 AND (a.refunded_fen <> r.amount_fen \
             OR a.refunded_freight_fen <> r.freight_fen)",
        sentence: "after-sale case {} says that {} fen went back, its order {}",
    },
    Rule {
        breaking: "SELECT COALESCE(MAX(e.order_id), 0), CAST(COALESCE(SUM(p.debit_fen), 0) AS SIGNED), \
             CAST(COALESCE(SUM(p.credit_fen), 0) AS SIGNED) FROM ledger_entries e LEFT JOIN ledger_postings p ON p.entry_key = e.entry_key \
             GROUP BY e.entry_key HAVING COALESCE(SUM(p.debit_fen), -1) <> COALESCE(SUM(p.credit_fen), 0)",
        sentence: "an entry of the ledger (order {}) has debits of {} fen and credits of {}",
    },
];

/// Differences that are told of one rule; more would hide the others.
const DIFFERENCES_MAX: u64 = 20;

/// Compares everything in one snapshot.
pub async fn reconcile(database: &Database) -> Result<Report, Error> {
    let mut tx = database.snapshot().await?;
    let mut report = Report { checkpoint: checkpoint(&mut tx, projection::NAME).await?.0, ..Report::default() };
    for (table, count) in [("orders", &mut report.orders), ("seckill_items", &mut report.flash_items), ("skus", &mut report.skus)] {
        *count = tx.first(format!("SELECT COUNT(*) FROM {table}"), Arguments::new()).await?.map_or(Ok(0), |row| row.count(0))?;
    }
    for rule in RULES {
        let rows = tx.all(format!("{} LIMIT {DIFFERENCES_MAX}", rule.breaking), Arguments::new()).await?;
        for row in rows {
            let mut sentence = rule.sentence.to_owned();
            for column in 0..3 {
                let number = row.int_or_null(column)?.map_or_else(|| "no".to_owned(), |number| number.to_string());
                sentence = sentence.replacen("{}", &number, 1);
            }
            report.differences.push(sentence);
        }
    }
    tx.commit().await?;
    Ok(report)
}
