//! The WebAssembly engine that all applications of a process share.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, SystemTime};

use wasmtime::component::{Component, InstancePre, Linker};
use wasmtime::{
    Cache, CacheConfig, Config, Engine, InstanceAllocationStrategy, WasmBacktraceDetails,
};
use wasmtime_wasi_http::handler::ProxyPre;
use wasmtime_wasi_http::{p2, p3};

use crate::bindings;
use crate::chain;
use crate::clock;
use crate::component_error::ComponentError;
use crate::fuel::FuelTotal;
use crate::state::HostState;

/// How often a running component is made to yield, which is what lets a time limit end a busy
/// loop and lets other tasks of the same thread run.
pub(crate) const EPOCH_TICK: Duration = Duration::from_millis(10);

/// Where compiled components are kept between two runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CompileCache {
    /// The user's cache folder, as wasmtime chooses it (`~/.cache/wasmtime` on Linux).
    User,
    /// A folder of its own, created when missing.
    Directory(PathBuf),
    /// Nowhere: every process compiles anew.
    Off,
}

/// Settings of a [`Runtime`].
#[derive(Debug, Clone)]
pub struct RuntimeOptions {
    /// Where compiled components are kept between two runs.
    pub compile_cache: CompileCache,
    /// Counts the instructions that components execute. It costs some speed, so it is meant for
    /// tests with budgets.
    pub consume_fuel: bool,
    /// How many instances, of all applications together, may exist at once. Address space is
    /// reserved for them (about 4 GiB each, none of it used before it is touched).
    pub max_instances: u32,
}

impl Default for RuntimeOptions {
    fn default() -> Self {
        Self {
            compile_cache: CompileCache::User,
            consume_fuel: false,
            max_instances: 1000,
        }
    }
}

/// The engine, its compiled components and the interfaces that components can import.
///
/// Cloning is cheap. One process needs one `Runtime`, however many applications it loads: a
/// component that two of them use is compiled once.
///
/// ```
/// use jenny_host::{CompileCache, Runtime, RuntimeOptions};
///
/// let runtime = Runtime::new(&RuntimeOptions {
///     compile_cache: CompileCache::Off,
///     ..RuntimeOptions::default()
/// })?;
/// # drop(runtime);
/// # Ok::<(), jenny_host::RuntimeError>(())
/// ```
#[derive(Clone)]
pub struct Runtime(Arc<Inner>);

struct Inner {
    engine: Engine,
    linker: Linker<HostState>,
    fuel: Option<FuelTotal>,
    /// Compiled components by their bytes. The whole content is the key, so that there is no
    /// collision to think about; a backend's components are a few hundred kilobytes each.
    compiled: Mutex<HashMap<Arc<[u8]>, Slot>>,
    /// What a file held when it was last looked at, so that loading the same application a
    /// thousand times reads nothing but metadata. This is what keeps a component that no application
    /// uses at the moment; what the file held before goes with the applications that run it.
    files: Mutex<HashMap<PathBuf, (FileStamp, Arc<Compiled>)>>,
}

/// Filled by whoever asks first; others wait for the lock instead of compiling the same again.
type Slot = Arc<Mutex<Weak<Compiled>>>;

type FileStamp = (u64, Option<SystemTime>);

/// The runtime could not be set up.
#[derive(Debug, thiserror::Error)]
#[error("cannot set up the WebAssembly runtime: {0:#}")]
pub struct RuntimeError(#[from] wasmtime::Error);

/// A component that is ready to be instantiated.
pub(crate) struct Compiled {
    pub(crate) pre: ProxyPre<HostState>,
}

impl Compiled {
    /// Whether one instance can serve more than one request, which WASIp2 has no notion of.
    pub(crate) fn is_reusable(&self) -> bool {
        matches!(self.pre, ProxyPre::P3(_))
    }
}

impl Runtime {
    /// Sets up the engine.
    ///
    /// A compile cache that cannot be used (no home folder, no permission) is reported in the
    /// log and done without.
    ///
    /// # Errors
    ///
    /// If wasmtime does not support this machine.
    pub fn new(options: &RuntimeOptions) -> Result<Self, RuntimeError> {
        let cache = open_cache(&options.compile_cache);
        // Pooling makes instances cheap, at the price of reserving address space for all of them
        // at once, which some containers and `ulimit -v` refuse.
        let engine = Engine::new(&config(options, cache.clone(), true)).or_else(|refused| {
            tracing::info!("instances are allocated one by one: {refused:#}");
            Engine::new(&config(options, cache, false))
        })?;
        let linker = linker(&engine)?;
        start_ticker(&engine)?;
        Ok(Self(Arc::new(Inner {
            engine,
            linker,
            fuel: options.consume_fuel.then(FuelTotal::default),
            compiled: Mutex::default(),
            files: Mutex::default(),
        })))
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.0.engine
    }

    /// The fuel that components have used so far, where [`RuntimeOptions::consume_fuel`] is set: about
    /// one for each instruction. What an instance uses is counted when its next request begins and
    /// when it ends, so for requests one after the other the difference between two readings is what
    /// lies between them, moved by one request.
    pub fn consumed_fuel(&self) -> Option<u64> {
        let total = self.0.fuel.as_ref()?;
        Some(total.load(Ordering::Relaxed))
    }

    pub(crate) fn fuel(&self) -> Option<FuelTotal> {
        self.0.fuel.clone()
    }

    /// Compiles the component in `file`, or finds it compiled. Blocks.
    pub(crate) fn compile_file(&self, file: &Path) -> Result<Arc<Compiled>, ComponentError> {
        let metadata = std::fs::metadata(file).map_err(ComponentError::Unreadable)?;
        let stamp = (metadata.len(), metadata.modified().ok());
        if let Some((known, compiled)) = lock(&self.0.files).get(file)
            && *known == stamp
        {
            return Ok(Arc::clone(compiled));
        }
        let bytes = std::fs::read(file).map_err(ComponentError::Unreadable)?;
        let compiled = self.compile(&bytes)?;
        lock(&self.0.files).insert(file.to_owned(), (stamp, Arc::clone(&compiled)));
        Ok(compiled)
    }

    fn compile(&self, bytes: &[u8]) -> Result<Arc<Compiled>, ComponentError> {
        let slot = {
            let mut compiled = lock(&self.0.compiled);
            // Whoever compiles holds the slot, and takes it from here under the lock.
            compiled.retain(|_, slot| Arc::strong_count(slot) > 1 || lock(slot).strong_count() > 0);
            match compiled.get(bytes) {
                Some(slot) => Arc::clone(slot),
                None => Arc::clone(compiled.entry(bytes.into()).or_default()),
            }
        };
        let mut slot = lock(&slot);
        if let Some(compiled) = slot.upgrade() {
            return Ok(compiled);
        }
        let component = Component::new(&self.0.engine, bytes).map_err(ComponentError::invalid)?;
        let instance = self
            .0
            .linker
            .instantiate_pre(&component)
            .map_err(|error| ComponentError::cannot_link(&error))?;
        let compiled = Arc::new(Compiled {
            pre: proxy(instance)?,
        });
        *slot = Arc::downgrade(&compiled);
        Ok(compiled)
    }
}

impl std::fmt::Debug for Runtime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Runtime").finish_non_exhaustive()
    }
}

/// A poisoned lock here means that a compilation panicked; the maps are whole all the same.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn proxy(instance: InstancePre<HostState>) -> Result<ProxyPre<HostState>, ComponentError> {
    if let Ok(pre) = p3::bindings::ServicePre::new(instance.clone()) {
        return Ok(ProxyPre::P3(pre));
    }
    match p2::bindings::ProxyPre::new(instance) {
        Ok(pre) => Ok(ProxyPre::P2(pre)),
        Err(_) => Err(ComponentError::NotHttp),
    }
}

fn config(options: &RuntimeOptions, cache: Option<Cache>, pooling: bool) -> Config {
    let mut config = Config::new();
    config
        .wasm_component_model(true)
        .wasm_component_model_async(true)
        .epoch_interruption(true)
        // Those that ship have none. One that was built for debugging says in which line it trapped.
        .wasm_backtrace_details(WasmBacktraceDetails::Enable)
        .consume_fuel(options.consume_fuel)
        .cache(cache);
    if pooling {
        config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool(
            options.max_instances,
        )));
    }
    config
}

/// The stacks that one engine reserves at most. Each has a guard page and so takes two of the
/// mappings that Linux grants a process (`vm.max_map_count`, 65,530 by default). A process in which
/// they run out fails anywhere, so two engines together take half of them.
const MAX_STACKS: u32 = 8192;

/// Room for `instances` components. A component made by `wit-component` consists of a main module
/// and up to four helpers (shims for imports, adapters), each with a table at most; a WASIp3
/// instance runs every concurrent request on a stack of its own.
fn pool(instances: u32) -> wasmtime::PoolingAllocationConfig {
    let mut pool = wasmtime::PoolingAllocationConfig::new();
    pool.total_component_instances(instances)
        .total_core_instances(instances.saturating_mul(6))
        .total_memories(instances.saturating_mul(2))
        .total_tables(instances.saturating_mul(4))
        .total_stacks(instances.saturating_mul(17).min(MAX_STACKS))
        .max_component_instance_size(8 << 20)
        .max_core_instance_size(8 << 20)
        .table_elements(100_000);
    pool
}

impl CompileCache {
    /// The folder, made when it was missing, or none for [`CompileCache::Off`].
    ///
    /// # Errors
    ///
    /// When the folder cannot be made, or the user's own configuration of wasmtime's cache is no
    /// such thing. An engine then goes without a cache, and says so in the log.
    ///
    /// ```
    /// assert_eq!(jenny_host::CompileCache::Off.directory(), Ok(None));
    /// ```
    pub fn directory(&self) -> Result<Option<PathBuf>, String> {
        match self.open() {
            Ok(cache) => Ok(cache.map(|cache| cache.directory().clone())),
            Err(error) => Err(format!("{error:#}")),
        }
    }

    fn open(&self) -> wasmtime::Result<Option<Cache>> {
        match self {
            Self::Off => Ok(None),
            Self::User => Cache::from_file(None).map(Some),
            Self::Directory(directory) => {
                let mut config = CacheConfig::new();
                config.with_directory(std::path::absolute(directory)?);
                Cache::new(config).map(Some)
            }
        }
    }
}

fn open_cache(cache: &CompileCache) -> Option<Cache> {
    cache.open().unwrap_or_else(|error| {
        tracing::warn!("compiled components are not cached: {error:#}");
        None
    })
}

fn linker(engine: &Engine) -> wasmtime::Result<Linker<HostState>> {
    let mut linker = Linker::new(engine);
    wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
    wasmtime_wasi::p3::add_to_linker(&mut linker)?;
    clock::add_to_linker(&mut linker)?;
    p2::add_only_http_to_linker_async(&mut linker)?;
    chain::add_to_linker(&mut linker)?;
    bindings::add_to_linker(&mut linker)?;
    Ok(linker)
}

/// Advances the epoch for as long as the engine lives. It has a thread of its own, because tokio's
/// threads may all be inside busy components, which is just when the epoch has to go on.
fn start_ticker(engine: &Engine) -> wasmtime::Result<()> {
    let engine = engine.weak();
    std::thread::Builder::new()
        .name("epoch-ticker".to_owned())
        .spawn(move || {
            while let Some(engine) = engine.upgrade() {
                engine.increment_epoch();
                drop(engine);
                std::thread::sleep(EPOCH_TICK);
            }
        })?;
    Ok(())
}
