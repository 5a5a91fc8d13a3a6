use super::app::TestApp;

#[actix_web::test]
async fn a_server_that_can_sell_is_ready() {
    let app = TestApp::start().await;
    assert_eq!(app.anonymous().get("/health/live").await.status, 200);
    let ready = app.anonymous().get("/health/ready").await;
    assert_eq!((ready.status.as_u16(), &ready.body["status"]), (200, &"pass".into()), "{ready:?}");
    let clock = ready.body["checks"].as_array().unwrap().iter().find(|check| check["part"] == "clock").unwrap();
    assert!(clock["detail"].as_str().unwrap().starts_with("within"), "{clock}");
}
