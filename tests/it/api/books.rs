//! The check at the end of each API test, checked itself.

use super::app::TestApp;

#[actix_web::test]
#[should_panic(expected = "SKU 3 holds 1 pieces, its unpaid orders outside of sales 0")]
async fn books_that_do_not_balance_fail_the_test() {
    let app = TestApp::start().await;
    let database = app.database().await;
    let mut tx = database.begin().await.unwrap();
    tx.execute("UPDATE skus SET held = held + 1 WHERE id = 3".to_owned(), Vec::new()).await.unwrap();
    tx.commit().await.unwrap();
    database.close().await;
}
