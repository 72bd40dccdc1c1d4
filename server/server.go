// Package server puts the parts together: it opens the data folder and the database, starts ingest, recorder, catalogue and API, and stops them
// in an order that loses nothing. Nothing is decided here.
package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"aircheck/configs"
	"aircheck/ingest/pull"
	"aircheck/ingest/rtmp"
	"aircheck/ingest/rtsp"
	"aircheck/ingest/stream"
	"aircheck/recorder"
	"aircheck/recorder/aac"
	"aircheck/recorder/container"
	"aircheck/recorder/flv"
	"aircheck/recorder/hls"
	"aircheck/recorder/mp4"
	"aircheck/recorder/rewind"
	"aircheck/rules"
	"aircheck/server/auth"
	"aircheck/server/callback"
	"aircheck/server/certs"
	"aircheck/server/console"
	"aircheck/server/metrics"
	"aircheck/server/play"
	"aircheck/server/preview"
	"aircheck/server/store"
	"aircheck/vod"
	"aircheck/vod/compose"
	"aircheck/vod/event"
	"aircheck/vod/process"
	"aircheck/vod/task"
)

const (
	databaseName = "aircheck.db"
	// patience is how long a stop may take before recordings that the disk does not take are left to the next start; farewell is
	// how long API calls under way may take.
	patience = 8 * time.Second
	farewell = time.Second
)

// Server is the whole server. Make it with New, then Run it.
type Server struct {
	cfg     configs.Config
	version string
	log     *slog.Logger

	data       *dataDir
	store      *store.Store
	domains    *auth.Domains
	access     *access
	rules      *rules.Service
	tasks      *rules.Tasks
	engine     *rules.Engine
	chronicle  *rules.Chronicle
	callbacks  *rules.Callbacks
	outbox     *callback.Outbox
	hub        *stream.Hub
	pulls      *pull.Manager
	recorder   *recorder.Manager
	feeder     *rewind.Feeder
	ring       *rewind.Ring // nil unless it is configured
	catalog    *vod.Catalog
	intake     *vod.Intake
	parts      *vod.Parts
	storage    *vod.Local
	subApps    *vod.SubApps
	classes    *vod.Classes
	guard      *vod.Guard
	roots      []*root // storage folders beside that of the recordings
	homes      vod.Homes
	mover      *vod.Mover
	longTasks  *task.Queue
	flows      *process.Processor
	coverer    *process.Coverer // nil unless covers are wanted
	composer   *compose.Service
	events     *event.Service
	vodOutbox  *callback.Outbox
	retention  *vod.Retention
	reconciler *vod.Reconciler
	hasher     *vod.Hasher
	rtmp       *rtmp.Server
	rtsp       *rtsp.Server // nil if it is switched off
	play       *play.Server
	listener   net.Listener
	secured    net.Listener // of http over TLS; nil unless it is configured
	certs      *certs.Files // nil unless there is a certificate
	console    *console.Console
	pages      *console.Events
	previews   *preview.Maker
	// freshPassword is the one of the console if this is the first start.
	freshPassword string
	http          *http.Server
	debug         *debugFace // nil unless it is configured

	accounts
	monitor     *monitor
	metrics     *metrics.Metrics
	connections *connLimit // of http

	recovering  sync.WaitGroup
	storageBack chan struct{} // see watchStorage
	recovered   chan struct{} // closed when what could be recovered at the start has been
	// stopBy is when patience ends; zero before Run stops.
	stopBy time.Time
	// closers end what was started, the last first.
	closers []func() error
}

// New opens everything that cfg describes and listens, but serves nobody yet. On an error nothing stays open.
func New(ctx context.Context, cfg configs.Config, version string, log *slog.Logger) (*Server, error) {
	s := &Server{cfg: cfg, version: version, log: log}
	for _, step := range []func(context.Context) error{
		s.openData, s.openTLS, s.openAccess, s.openDebug, s.openOrder, s.openGuard, s.openRules, s.openCallbacks, s.openChronicle,
		s.openRecorder, s.openRewind, s.openPast, s.openTasks, s.openPulls, s.openCatalog, s.openMover, s.openLongTasks, s.openCompose,
		s.openMetrics, s.openPlay, s.openHTTP, s.openRTMP, s.openRTSP,
	} {
		if err := step(ctx); err != nil {
			return nil, errors.Join(err, s.close())
		}
	}
	return s, nil
}

func (s *Server) onClose(f func() error) { s.closers = append(s.closers, f) }

func (s *Server) close() error {
	var errs []error
	for _, f := range slices.Backward(s.closers) {
		errs = append(errs, f())
	}
	s.closers = nil
	return errors.Join(errs...)
}

// openData takes the data folder, opens the database and loads the domains.
func (s *Server) openData(ctx context.Context) (err error) {
	if s.data, err = openDataDir(s.cfg.DataDir); err != nil {
		return err
	}
	s.onClose(s.data.Close)
	if s.store, err = store.Open(ctx, s.data.join(databaseName)); err != nil {
		return err
	}
	s.onClose(s.store.Close)
	s.pages = &console.Events{Live: s.consoleLive, Topics: allTopics()}
	s.pages.Open()
	s.store.OnChange = s.tellConsole
	s.domains = &auth.Domains{
		Store: s.store, BuiltIn: s.cfg.Domains.BuiltIn, Names: s.cfg.Domains.Names, Strict: s.cfg.Domains.Strict,
	}
	return s.domains.Load(ctx)
}

func formats() []container.Format {
	return []container.Format{flv.Format{}, hls.Format{}, mp4.Format{}, aac.Format{}}
}

// openRules loads templates and rules, and seeds them on the first start.
func (s *Server) openRules(ctx context.Context) error {
	s.rules = &rules.Service{Store: s.store, CleanDomain: cleanDomain, SubApps: s.subApps, Classes: s.classes, Changed: s.domains.Reload}
	for _, f := range formats() {
		s.rules.Formats = append(s.rules.Formats, f.Name())
	}
	if err := s.rules.Seed(ctx, auth.CleanHost(s.cfg.Domains.BuiltIn)); err != nil {
		return err
	}
	return s.rules.Reload(ctx)
}

func cleanDomain(name string) (string, error) {
	name = auth.CleanHost(name)
	return name, auth.ValidDomain(name)
}

// openRecorder opens the storage, and connects streams, rules, recorder and catalogue.
func (s *Server) openRecorder(ctx context.Context) error {
	dir := s.data.join(configs.Recordings)
	id, _, err := s.store.StorageID(ctx, "local", mainRoot)
	if err != nil {
		return err
	}
	last, err := s.store.LastFileID(ctx)
	if err != nil {
		return fmt.Errorf("read the last FileId: %w", err)
	}
	zone, err := time.LoadLocation(s.cfg.Recorder.Timezone)
	if err != nil {
		return fmt.Errorf("recorder.timezone: %w", err)
	}
	s.recorder = &recorder.Manager{
		Dir: dir, StorageID: id, Node: s.cfg.Node, LastID: int64(last), SyncInterval: s.cfg.Recorder.SyncInterval,
		Formats: formats(), Location: zone, OnNotice: s.chronicle.Notice, Log: s.log,
	}
	s.watchStorage(s.recorder, last > 0)
	s.engine = &rules.Engine{
		Service: s.rules, Record: s.recorder.Record, Supersede: s.recorder.Supersede, MP4Splice: s.cfg.Recorder.MP4Splice, Log: s.log,
	}
	s.recorder.OnFile, s.recorder.OnBegin, s.recorder.OnGone = s.fileReady, s.engine.Begun, s.engine.Gone
	s.hub = &stream.Hub{
		Takeover: stream.Takeover(s.cfg.Publish.Takeover), Stale: s.cfg.Publish.Stale, Grace: 2*s.cfg.RTMP.Tick + 100*time.Millisecond,
		GOP: int(s.cfg.Ingest.GOPCache), Refuse: s.access.forbids.Check, TotalGOP: int(s.cfg.Ingest.GOPCacheTotal), TotalQueue: int(s.cfg.Ingest.QueueTotal), Attach: s.attach,
		Ended: s.ended,
	}
	s.storage = vod.NewLocal(id, dir)
	if err := s.recorder.Open(); err != nil {
		// The server stays up to say so, and for the disk to be mounted: /readyz tells, and nothing is written.
		s.log.Error("nothing can be recorded", "error", err)
	}
	s.onClose(s.finishRecordings)
	_ = s.storage.Check() // without it, it is found later: see watchStorage
	s.onClose(s.storage.Close)
	return nil
}

func (s *Server) fileReady(ctx context.Context, f recorder.File) error {
	s.settle(ctx, f)
	if err := s.engine.Finished(ctx, f); err != nil {
		return err
	}
	s.hasher.Kick()
	s.fileStored(f)
	s.mover.Kick()
	return nil
}

func (s *Server) finishRecordings() error {
	by := s.stopBy
	if by.IsZero() {
		by = time.Now().Add(patience)
	}
	ctx, cancel := context.WithDeadline(context.Background(), by)
	defer cancel()
	if err := s.recorder.Close(ctx); err != nil {
		return err
	}
	s.recovering.Wait()
	return nil
}

// openCatalog starts what looks after finished files.
func (s *Server) openCatalog(ctx context.Context) error {
	storages, err := s.openRoots(ctx)
	if err != nil {
		return err
	}
	s.catalog = &vod.Catalog{Store: s.store, Storages: storages, Live: s.live, Claimed: s.claimed, Classes: s.classes, Log: s.log}
	s.openRetention()
	s.hasher = &vod.Hasher{
		Store: s.store, Storages: storages, OnRequest: s.cfg.Catalog.Hash == "request",
		BytesPerSecond: int(s.cfg.Catalog.HashRate), Log: s.log,
	}
	s.openIntake()
	return nil
}

// live tells how far the files being recorded are.
func (s *Server) live() map[vod.FileID]vod.Progress {
	out := map[vod.FileID]vod.Progress{}
	for _, r := range s.recorder.Active() {
		if r.FileID != 0 {
			out[vod.FileID(r.FileID)] = vod.Progress{Size: r.Bytes, Duration: r.Duration, End: r.Start.Add(r.Duration)}
		}
	}
	return out
}

// openRTMP listens for publishers.
func (s *Server) openRTMP(context.Context) error {
	c := s.cfg.RTMP
	s.rtmp = &rtmp.Server{
		Address: c.Address, Hub: s.hub, Tick: c.Tick, LiveTick: c.LiveTick, Log: s.log,
		TLSAddress: c.TLSAddress, TLS: s.tlsConfig(), Authorize: s.access.rtmpPublisher, Play: s.rtmpPlayer,
		Limits: rtmp.Limits{
			MaxConnections: c.MaxConnections, MaxConnectionsPerIP: c.MaxConnectionsPerIP, HandshakeTimeout: c.HandshakeTimeout,
			IdleTimeout: c.IdleTimeout, MaxMessageSize: int(c.MaxMessageSize), MaxPartialSize: int(c.MaxPartialSize),
			MaxTotalPartialSize: int64(c.MaxTotalPartialSize), MaxChunkStreams: c.MaxChunkStreams,
		},
	}
	if err := s.rtmp.Listen(); err != nil {
		return unheard(whichKey(err, "rtmp.address", "rtmp.tls_address", c.TLSAddress), err)
	}
	s.onClose(s.rtmp.Close)
	return nil
}

// Run serves until ctx ends, and then stops: listeners first, then publishers, so that their recordings are finished and
// catalogued, then the rest.
func (s *Server) Run(ctx context.Context) error {
	s.startIndexing()
	s.outbox.Start()
	s.startLongTasks()
	s.retention.Start()
	s.onClose(func() error { s.retention.Close(); return nil })
	s.reconciler.Start()
	s.onClose(func() error { s.reconciler.Close(); return nil })
	s.startOrder()
	if s.cfg.Catalog.Hash != "off" {
		s.hasher.Start()
		s.onClose(func() error { s.hasher.Close(); return nil })
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s.recovering.Go(func() { s.keepRecovering(ctx) })
	s.onClose(s.monitor.start())
	if s.debug != nil {
		s.debug.start(s.log)
	}
	failed := s.serveHTTP()
	s.rtmp.Start()
	s.startRTSP()
	s.pulls.Start()
	s.announce()
	var err error
	select {
	case <-ctx.Done():
		s.log.Info("stopping")
	case err = <-failed:
		err = fmt.Errorf("serve http: %w", err)
	}
	cancel()
	begin := time.Now()
	s.stopBy = begin.Add(patience)
	// First, so that what the sockets still hold is recorded.
	err = errors.Join(err, s.rtmp.Close(), s.closeRTSP())
	s.pulls.Close()
	s.hub.Close()
	err = errors.Join(err, s.closeInTime())
	s.log.Info("stopped", "took", time.Since(begin).Round(time.Millisecond))
	return err
}
