//! The table at the end.

use std::path::Path;
use std::sync::atomic::Ordering;

use serde_json::Value;

use crate::operation::Operation;
use crate::world::World;

/// Requests that costs are counted over.
const REQUESTS: u64 = 20;

/// What a request costs on an instance that has served before.
pub(crate) struct Cost {
    statements: u64,
    fuel: u64,
}

/// Counts what every operation costs, in each world: by operation, then by world.
pub(crate) async fn costs(sizes: &[u64]) -> Vec<Vec<Cost>> {
    let mut worlds = Vec::new();
    for &articles in sizes {
        worlds.push(World::open(articles, true).await);
    }
    let mut costs = Vec::new();
    for operation in Operation::ALL {
        let mut of_operation = Vec::new();
        for world in &worlds {
            of_operation.push(cost(operation, world).await);
        }
        costs.push(of_operation);
    }
    costs
}

async fn cost(operation: Operation, world: &World) -> Cost {
    let fuel = || world.runtime.consumed_fuel().expect("fuel is counted");
    let statements = || world.statements.load(Ordering::Relaxed);
    let mut cost = Cost {
        statements: 0,
        fuel: 0,
    };
    for round in 0..=REQUESTS {
        let (statements_before, request) = (statements(), operation.request(world));
        world.send(request).await;
        let (statements_after, fuel_before) = (statements(), fuel());
        // What an instance has used is counted when its next request begins.
        if operation.leaves_something() {
            operation.undo(world).await;
        } else {
            world.send(operation.request(world)).await;
        }
        // The first round sets the instance up.
        if round > 0 {
            cost.statements += statements_after - statements_before;
            cost.fuel += fuel() - fuel_before;
        }
    }
    Cost {
        statements: cost.statements / REQUESTS,
        fuel: cost.fuel / REQUESTS,
    }
}

/// Prints the medians that were measured, which criterion keeps in files.
pub(crate) fn print(output: &Path, sizes: &[u64], costs: &[Vec<Cost>]) {
    print!("\n{:<24}", "median");
    for articles in sizes {
        print!("{articles:>12}");
    }
    println!("{:>8}  statements  fuel", "ratio");
    for (operation, costs) in Operation::ALL.into_iter().zip(costs) {
        for name in [operation.in_process(), operation.over_a_socket()] {
            let medians: Vec<Option<f64>> = sizes
                .iter()
                .map(|articles| median(&output.join(&name).join(articles.to_string())))
                .collect();
            print!("{name:<24}");
            for median in &medians {
                match median {
                    Some(nanoseconds) => print!("{:>9.1} µs", nanoseconds / 1e3),
                    None => print!("{:>12}", "-"),
                }
            }
            match (medians.first(), medians.last()) {
                (Some(Some(few)), Some(Some(many))) => print!("{:>8.2}", many / few),
                _ => print!("{:>8}", "-"),
            }
            let each = |number: fn(&Cost) -> u64| {
                let numbers = costs.iter().map(|cost| number(cost).to_string());
                numbers.collect::<Vec<_>>().join(" / ")
            };
            println!(
                "  {:<10}  {}",
                each(|cost| cost.statements),
                each(|cost| cost.fuel)
            );
        }
    }
}

/// In nanoseconds; `None` for what was never measured.
fn median(folder: &Path) -> Option<f64> {
    let text = std::fs::read_to_string(folder.join("new/estimates.json")).ok()?;
    let estimates: Value = serde_json::from_str(&text).ok()?;
    estimates["median"]["point_estimate"].as_f64()
}
