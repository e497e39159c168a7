//! The regular workload: some thirty short transactions a second from five applications.

use std::time::SystemTime;

use sqlx::PgConnection;

use crate::Error;
use crate::scene::{self, Scene, ask};

const PRODUCT: &str = "select p.name, p.price, i.quantity from products p join inventory i on i.product_id = p.id where p.id = $1";
const REVIEWS: &str =
    "select stars, body from reviews where product_id = $1 order by created_at desc limit 5";
const CUSTOMER: &str = "select name, city, preferences from customers where id = $1";
const CATEGORY: &str =
    "select id, name, price from products where category_id = $1 order by price limit 20";
const MY_ORDERS: &str =
    "select id, status, total from orders where customer_id = $1 order by placed_at desc limit 10";

/// A different number at each call, spread over a range of ids.
struct Dice(u64);

impl Dice {
    fn new() -> Dice {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Dice(u64::from(now.subsec_nanos()))
    }

    fn below(&mut self, count: i64) -> i64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        i64::try_from(self.0 >> 33).unwrap_or(0) % count.max(1)
    }
}

/// Runs the shop until dropped.
pub(crate) async fn run(scene: Scene) {
    futures::join!(
        scene::repeat(&scene, "web", |scene| web(scene, "web", 230)),
        scene::repeat(&scene, "web", |scene| web(scene, "web", 310)),
        scene::repeat(&scene, "mobile", mobile),
        scene::repeat(&scene, "checkout", checkout),
        scene::repeat(&scene, "worker", worker),
        scene::repeat(&scene, "reports", reports),
    );
}

async fn web(scene: Scene, application: &str, pause: u64) -> Result<(), Error> {
    let mut session = scene.shop(application).await?;
    browse(&scene, &mut session, pause).await
}

/// The mobile app comes through the pooler where there is one.
async fn mobile(scene: Scene) -> Result<(), Error> {
    let Some(mut session) = scene.pooled("mobile").await? else {
        return web(scene, "mobile", 400).await;
    };
    let mut dice = Dice::new();
    loop {
        // In transaction mode the next statement may run on another server connection: no prepared ones.
        let product = 101 + dice.below(800);
        scene::run(&mut session, &format!("select name, price from products where id = {product}"))
            .await?;
        scene.pause(300).await;
    }
}

async fn browse(scene: &Scene, session: &mut PgConnection, pause: u64) -> Result<(), Error> {
    let mut dice = Dice::new();
    loop {
        let product = 101 + dice.below(800);
        ask(session, PRODUCT, product).await?;
        ask(session, REVIEWS, product).await?;
        match dice.below(4) {
            0 => ask(session, CATEGORY, 1 + dice.below(60)).await?,
            1 => ask(session, MY_ORDERS, 1 + dice.below(900)).await?,
            _ => ask(session, CUSTOMER, 1 + dice.below(900)).await?,
        };
        scene.pause(pause).await;
    }
}

async fn checkout(scene: Scene) -> Result<(), Error> {
    let mut session = scene.shop("checkout").await?;
    let mut dice = Dice::new();
    loop {
        let (customer, product) = (1 + dice.below(900), 101 + dice.below(800));
        let sql = format!(
            "begin;
             with placed as (
                 insert into orders (customer_id, status, placed_at, total)
                 values ({customer}, 'paid', now(), 42.50) returning id
             ), lines as (
                 insert into order_items select id, line, {product} + line, 1, 21.25 from placed, generate_series(1, 2) line
             )
             insert into payments (order_id, provider, amount, paid_at, details) select id, 'card', 42.50, now(), '{{}}' from placed;
             update inventory set quantity = greatest(0, quantity - 1), updated_at = now() where product_id = {product} and warehouse = 1;
             commit"
        );
        scene::run(&mut session, &sql).await?;
        scene.pause(350).await;
    }
}

async fn worker(scene: Scene) -> Result<(), Error> {
    const NOTE: &str = "insert into audit_events (at, actor, action, details) \
         select clock_timestamp(), 'user' || n, 'view', jsonb_build_object('address', '10.0.0.' || n) from generate_series(1, $1::int) n";
    let mut session = scene.shop("worker").await?;
    loop {
        for count in 1..=10_i32 {
            sqlx::query(NOTE).bind(count).execute(&mut session).await.map_err(Error::sql(NOTE))?;
            scene.pause(500).await;
        }
        scene::run(
            &mut session,
            "update orders set status = 'shipped' where id in (select id from orders where status = 'paid' order by placed_at desc limit 5)",
        )
        .await?;
    }
}

/// The day's figures: a parallel query, and now and then the materialised view.
async fn reports(scene: Scene) -> Result<(), Error> {
    let mut session = scene.shop("reports").await?;
    scene::run(
        &mut session,
        "set max_parallel_workers_per_gather = 2; set parallel_setup_cost = 10",
    )
    .await?;
    for turn in (1_u32..).take(1_000_000) {
        scene::run(
            &mut session,
            "select p.category_id, count(*), sum(i.quantity * i.unit_price) from order_items i
             join products p on p.id = i.product_id group by 1 order by 3 desc
             /*action='by_category',controller='reports'*/",
        )
        .await?;
        scene::run(
            &mut session,
            "select day, sum(revenue) from daily_sales group by day order by day desc limit 30",
        )
        .await?;
        if turn % 15 == 0 {
            scene::run(&mut session, "refresh materialized view concurrently daily_sales").await?;
        }
        scene.pause(20_000).await;
    }
    Ok(())
}
