//! Those who take turns: the server first, then its opponents, each with all that its turns need.

use std::path::Path;
use std::time::Duration;

use super::rounds::{Round, Turn};
use super::scenario::{self, Scenario};
use super::{Opponent, Options, PROJECTION_TIMEOUT};
use crate::error::{Attempt as _, Error};
use crate::load::LoadPlan;
use crate::load::shoppers::Shopper;
use crate::measured;
use crate::server_process::{Goods, Process, Setup};
use crate::servers::{Appends, Redis, Servers};
use crate::testbed::{self, Mode, Reach};

const READY_TIMEOUT: Duration = Duration::from_secs(60);

/// One who takes turns.
pub struct Side {
    name: &'static str,
    process: Process,
    plan: LoadPlan,
    /// Of a real server: it has a projection to wait for.
    setup: Option<Setup>,
}

/// All of them. Dropped in this order: first who answers, then what they lean on, then their files.
pub struct Field {
    /// The server, then its opponents.
    pub sides: Vec<Side>,
    _servers: Vec<Servers>,
    _redis: Vec<Redis>,
    _folder: tempfile::TempDir,
}

impl Field {
    /// A turn of each.
    pub fn round(&self, change: impl Fn(LoadPlan) -> LoadPlan) -> Result<Round, Error> {
        let turns = (0..self.sides.len()).map(|place| self.turn(place, &change)).collect::<Result<_, _>>()?;
        Ok(Round { turns })
    }

    /// One side's turn, with keys of its own and a plan that was changed for it.
    pub fn turn(&self, place: usize, change: impl Fn(LoadPlan) -> LoadPlan) -> Result<Turn, Error> {
        // M2: also what has closed by itself since the last turn.
        self.sides
            .iter()
            .filter_map(|side| side.setup.as_ref())
            .try_for_each(|setup| setup.wait_projected(PROJECTION_TIMEOUT).map(drop))?;
        let side = &self.sides[place];
        let measured = measured::run(&LoadPlan { run: rand::random(), ..change(side.plan.clone()) }, &side.process)?;
        let drained = side.setup.as_ref().map(|setup| setup.wait_projected(PROJECTION_TIMEOUT)).transpose()?;
        Ok(Turn { side: side.name, measured, drain_seconds: drained.map(|drained| drained.as_secs_f64()) })
    }
}

/// Starts everybody on fresh folders.
pub fn set_up(scenario: Scenario, binary: &Path, options: &Options) -> Result<Field, Error> {
    let folder = tempfile::Builder::new().prefix("mall-bench-").tempdir_in(&options.folder);
    let folder = folder.attempt(|| format!("make a folder in {}", options.folder.display()))?;
    // The servers of the full mode run in their own working folders.
    let path = folder.path().canonicalize().attempt(|| format!("find {}", folder.path().display()))?;
    let mode = options.mode.mode();
    let name = if mode == Mode::Full { "server, full" } else { "server" };
    let mut servers = Vec::new();
    let server = real(name, scenario, binary, &path.join("server"), mode, options, &mut servers)?;
    let (shoppers, plan) = (server.plan.shoppers.clone(), server.plan.clone());
    let body_bytes = scenario::size_of_a_receipt(&server.process, &shoppers[0], &server.plan)?;
    let mut sides = vec![server];
    let mut redis = Vec::new();
    for opponent in &options.against {
        sides.push(match opponent {
            Opponent::Base => {
                let process = Process::baseline(options.workers, body_bytes)?;
                let plan = LoadPlan { server: process.http, mix: Default::default(), ..plan.clone() };
                Side { name: "base", process, plan, setup: None }
            }
            Opponent::Embedded => real("embedded", scenario, binary, &path.join("embedded"), Mode::Embedded, options, &mut servers)?,
            Opponent::PeerRedis | Opponent::PeerRedisOrders => {
                let store = Redis::start(&path.join(format!("redis-{}", sides.len())), Appends::Always)?;
                let keeps_orders = *opponent == Opponent::PeerRedisOrders;
                let side = peer(keeps_orders, scenario, &store, options, body_bytes, &shoppers, &plan)?;
                redis.push(store);
                side
            }
        });
    }
    Ok(Field { sides, _servers: servers, _redis: redis, _folder: folder })
}

/// The real server in one of its modes.
fn real(
    name: &'static str,
    scenario: Scenario,
    binary: &Path,
    folder: &Path,
    mode: Mode,
    options: &Options,
    servers: &mut Vec<Servers>,
) -> Result<Side, Error> {
    std::fs::create_dir_all(folder).attempt(|| format!("make {}", folder.display()))?;
    let (mut setup, leans_on) = testbed::shop(binary, folder, mode, Reach::Directly)?;
    if let Some(workers) = options.workers {
        setup.set("HTTP_WORKERS", &workers.to_string());
    }
    setup.seed(scenario.seed(), Goods::default())?;
    let shoppers = setup.shoppers(options.users)?;
    let (mut process, _) = setup.start_ready(READY_TIMEOUT)?;
    process.stores = leans_on.as_ref().map(Servers::pids).unwrap_or_default();
    servers.extend(leans_on);
    let items = setup.items()?;
    let quotas: Vec<_> = items.iter().map(|item| (item.id, item.remaining, item.limit_per_user)).collect();
    scenario.prepare(&process, &shoppers, &quotas)?;
    let ids: Vec<u64> = items.iter().map(|item| item.id).collect();
    let plan = measured::closed_loop(&process, &shoppers, &ids, options.connections, Duration::from_secs(options.seconds));
    Ok(Side { name, process, plan: LoadPlan { mix: scenario.mix(), ..plan }, setup: Some(setup) })
}

/// The peer, with as many items and pieces as the server.
fn peer(
    keeps_orders: bool,
    scenario: Scenario,
    store: &Redis,
    options: &Options,
    body_bytes: usize,
    shoppers: &[Shopper],
    plan: &LoadPlan,
) -> Result<Side, Error> {
    let seed = scenario.seed();
    let text = [u64::from(store.child().port()), options.pipelines as u64, body_bytes as u64, seed.items, seed.stock, seed.limit];
    let text = text.map(|number| number.to_string());
    let arguments = ["--redis-port", "--pipelines", "--body-bytes", "--items", "--stock", "--limit"];
    let mut command = vec!["peer", "redis"];
    command.extend(keeps_orders.then_some("--orders"));
    command.extend(arguments.iter().zip(&text).flat_map(|(name, value)| [*name, value.as_str()]));
    let mut process = Process::of_this_binary(&command, options.workers)?;
    process.stores.extend(store.child().pid());
    let items: Vec<u64> = (1..=seed.items).collect();
    let quotas: Vec<_> = items.iter().map(|item| (*item, seed.stock as i64, seed.limit as i64)).collect();
    scenario.prepare(&process, shoppers, &quotas)?;
    let plan = LoadPlan { server: process.http, items, ..plan.clone() };
    let name = if keeps_orders { "peer, orders" } else { "peer redis" };
    Ok(Side { name, process, plan, setup: None })
}
