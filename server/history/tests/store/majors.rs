//! The shared store on the other majors of PostgreSQL: the short tests. All of them run over 17, and those of
//! extensions over 18.

use playground::{Server, install};
use tokio::task::JoinSet;

use crate::workload::Place;
use crate::{answers, beside, shared};

const OTHERS: [u16; 4] = [14, 15, 16, 19];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_other_majors_keep_a_history() {
    let mut running = JoinSet::new();
    for major in OTHERS {
        if !install::passed_over(major) {
            running.spawn(async move {
                let begun = std::time::Instant::now();
                let server = playground::server(major).await.unwrap();
                keeps_a_history(&server).await;
                println!("{major}: {:?}", begun.elapsed());
            });
        }
    }
    while let Some(done) = running.join_next().await {
        done.unwrap();
    }
}

async fn keeps_a_history(server: &Server) {
    beside::they_come_back(Place::database(server, "beside").await).await;
    let names = Place::database(server, "names").await;
    answers::the_catalog_names_sources_entities_and_metrics(names).await;
    shared::refuses(server).await;
}
