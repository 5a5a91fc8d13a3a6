//! Two at once: for the last piece, with one key, approving against cancelling, refunding against the case.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use mallcore::platform::outbox::repository as outbox;
use mallcore_actors::after_sales::{Command, Settlement, refund_of};
use mallcore_actors::ids::RefundId;
use mallcore_actors::kernel::Provenance;
use mallcore_actors::money::Money;
use mallcore_actors::orders::RefundCommand;

use super::super::app::until;
use super::super::checkout::shelf;
use super::super::engines::on_both;
use super::{application, applied, apply, becomes, case, merchant, paid, pieces, preview};

#[actix_web::test]
async fn of_many_for_the_last_pieces_as_many_win_as_there_are_pieces() {
    on_both(
        |_| {},
        async |app| {
            let shopper = app.shopper();
            let (a, price) = shelf(app).await[0];
            let order = paid(app, &shopper, 1, &[(a, price, 3)]).await;
            let keys: Vec<String> = (0..8).map(|number| format!("key-{number}")).collect();
            let replies = join_all(keys.iter().map(|key| apply(&shopper, key, application(order, "refund", &[(a, 1)])))).await;
            let won = replies.iter().filter(|reply| reply.status == 201).count();
            assert_eq!(won, 3, "{replies:?}");
            for lost in replies.iter().filter(|reply| reply.status != 201) {
                lost.is_problem(409, "after_sale_pieces", &[]);
            }
            let left = preview(&shopper, serde_json::json!({ "order_id": order.get() })).await.body;
            assert_eq!(left["lines"][0]["quantity_left"], 0);
        },
    )
    .await;
}

#[actix_web::test]
async fn one_key_is_one_case_however_often_it_is_sent() {
    on_both(
        |_| {},
        async |app| {
            let shopper = app.shopper();
            let (a, price) = shelf(app).await[0];
            let order = paid(app, &shopper, 1, &[(a, price, 3)]).await;
            let replies = join_all((0..6).map(|_| apply(&shopper, "same", application(order, "refund", &[(a, 1)])))).await;
            let ids: BTreeSet<_> = replies.iter().map(|reply| reply.body["id"].as_u64()).collect();
            assert!(ids.len() == 1 && !ids.contains(&None), "{replies:?}");
            assert_eq!(replies.iter().filter(|reply| reply.status == 201).count(), 1, "{replies:?}");
            // The same key for another order, at the same time: whoever comes second is told.
            let other = paid(app, &shopper, 2, &[(a, price, 1)]).await;
            let both = [order, other].map(|order| apply(&shopper, "shared", application(order, "refund", &[(a, 1)])));
            let replies = join_all(both).await;
            assert_eq!(replies.iter().filter(|reply| reply.status == 201).count(), 1, "{replies:?}");
            replies.iter().find(|reply| reply.status != 201).unwrap().is_problem(422, "idempotency_mismatch", &["Idempotency-Key"]);
        },
    )
    .await;
}

#[actix_web::test]
async fn approving_against_cancelling_has_one_winner() {
    on_both(
        |_| {},
        async |app| {
            let shopper = app.shopper();
            let (a, price) = shelf(app).await[0];
            for round in 0..6 {
                let order = paid(app, &shopper, round, &[(a, price, 1)]).await;
                let id = applied(&shopper, &format!("round-{round}"), application(order, "refund", &[(a, 1)])).await;
                let path = format!("/v1/after-sales/{id}/cancel");
                let (approved, cancelled) = tokio::join!(merchant(app, id, Command::Approve(None)), shopper.post(&path));
                if approved.is_ok() {
                    cancelled.is_problem(409, "after_sale_status", &[]);
                    assert_eq!(becomes(&shopper, id, "done").await["refunded_fen"], price);
                } else {
                    assert_eq!((cancelled.status.as_u16(), &cancelled.body["status"]), (200, &"cancelled".into()), "{approved:?}");
                    assert_eq!(shopper.get(&format!("/v1/orders/{order}")).await.body["status"], "paid");
                }
                assert_eq!(case(&shopper, id).await["timeline"].as_array().unwrap().len(), if approved.is_ok() { 3 } else { 2 });
            }
        },
    )
    .await;
}

#[actix_web::test]
async fn an_order_that_was_refunded_meanwhile_refuses_the_case() {
    on_both(
        |_| {},
        async |app| {
            let shopper = app.shopper();
            let (a, price) = shelf(app).await[0];
            let order = paid(app, &shopper, 1, &[(a, price, 2)]).await;
            let id = applied(&shopper, "one", application(order, "refund", &[(a, 2)])).await;
            let directly = RefundCommand { id: RefundId::new(7).unwrap(), pieces: pieces(&[(a, 1)]), freight: Money::ZERO, restock: true };
            app.orders().commands().refund(Provenance::SYSTEM, shopper.user(), order, &directly).await.unwrap().unwrap();
            let left = preview(&shopper, serde_json::json!({ "order_id": order.get() })).await.body;
            assert_eq!(left["lines"][0]["quantity_left"], 0, "one was refunded, and the case has applied for two");
            merchant(app, id, Command::Approve(None)).await.unwrap();
            let refused = becomes(&shopper, id, "refused").await;
            assert_eq!(
                (&refused["note"], &refused["timeline"][2]["kind"]),
                (&"exceeds_order".into(), &"refund_refused".into()),
                "{refused}"
            );
            let second = applied(&shopper, "two", application(order, "refund", &[(a, 1)])).await;
            merchant(app, second, Command::Approve(None)).await.unwrap();
            assert_eq!(becomes(&shopper, second, "done").await["refunded_fen"], price, "the piece that is left");
        },
    )
    .await;
}

#[actix_web::test]
async fn a_refund_that_was_made_before_a_crash_is_not_made_again() {
    on_both(
        |_| {},
        async |app| {
            let shopper = app.shopper();
            let (a, price) = shelf(app).await[0];
            let order = paid(app, &shopper, 1, &[(a, price, 3)]).await;
            let id = applied(&shopper, "one", application(order, "refund", &[(a, 2)])).await;
            // As if the process had died between the order's record and the case's row.
            let made = RefundCommand { id: refund_of(id).unwrap(), pieces: pieces(&[(a, 2)]), freight: Money::ZERO, restock: false };
            app.orders().commands().refund(Provenance::SYSTEM, shopper.user(), order, &made).await.unwrap().unwrap();
            let settlement = Settlement { restock: true, ..Settlement::default() };
            merchant(app, id, Command::Approve(Some(settlement))).await.unwrap();
            assert_eq!(becomes(&shopper, id, "done").await["refunded_fen"], price * 2);
            let refunds = async || shopper.get(&format!("/v1/orders/{order}")).await.body["refunds"].as_array().unwrap().len();
            assert_eq!(refunds().await, 1);
            // The relay carries the row out once more.
            let database = app.database().await;
            let mut tx = database.begin().await.unwrap();
            let text = "UPDATE outbox SET shop_at = NULL, processed_at = NULL WHERE kind = 'after_sale.refund'";
            assert_eq!(tx.execute(text, Vec::new()).await.unwrap(), 1);
            tx.commit().await.unwrap();
            until("it was carried out", async || outbox::unprocessed(&database, 10).await.unwrap().is_empty()).await;
            database.close().await;
            assert_eq!((refunds().await, case(&shopper, id).await["timeline"].as_array().unwrap().len()), (1, 3));
        },
    )
    .await;
}
