package api_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"

	"aircheck/ingest/stream"
	"aircheck/rules"
	"aircheck/server/api"
	"aircheck/server/auth"
	"aircheck/server/store"
	"aircheck/server/store/storetest"
	"aircheck/vod"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	secretID  = "AKIDexample"
	secretKey = "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE"
	live      = "2018-08-01"
	vodv      = "2018-07-17"
)

// fixture is a served API over a real database and a real storage.
type fixture struct {
	api   *api.API
	http  *httptest.Server
	db    *store.Store
	rules *faulty
	// dir is the storage's folder.
	dir string
	log *lockedBuffer
	// last is the context of the latest request.
	last atomic.Pointer[context.Context]
	// nonce makes each signed request another one.
	nonce int
	// id and key sign requests; empty: secretID and secretKey.
	id, key string
}

// faulty is a rules.Store that can be made to fail, to panic and to wait. Set it before the first request.
type faulty struct {
	rules.Store
	fail      error
	panicking bool
	// creating is called by CreateTemplate before anything else.
	creating func()
}

func (f *faulty) CreateTemplate(ctx context.Context, t rules.Template) (int64, error) {
	if f.creating != nil {
		f.creating()
	}
	return f.Store.CreateTemplate(ctx, t)
}

func (f *faulty) Templates(ctx context.Context) ([]rules.Template, error) {
	if f.panicking {
		panic("the disk is on fire")
	}
	if f.fail != nil {
		return nil, f.fail
	}
	return f.Store.Templates(ctx)
}

// lockedBuffer is a log that can be read while it is written.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func serve(t *testing.T, change func(*api.API)) *fixture {
	t.Helper()
	db, err := store.Open(t.Context(), storetest.File(t))
	if err != nil {
		t.Fatal(err)
	}
	f := &fixture{db: db, rules: &faulty{Store: db}, dir: t.TempDir(), log: &lockedBuffer{}}
	if err := os.WriteFile(filepath.Join(f.dir, vod.IdentityFile), []byte("st"), 0o600); err != nil {
		t.Fatal(err)
	}
	storage, err := vod.OpenLocal("st", f.dir)
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(f.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	domains := &auth.Domains{Store: db}
	service := &rules.Service{Store: f.rules, Formats: []string{"flv", "mp4"}, Changed: domains.Reload}
	service.CleanDomain = func(name string) (string, error) {
		name = auth.CleanHost(name)
		return name, auth.ValidDomain(name)
	}
	callbacks := &rules.Callbacks{Store: db, CleanDomain: service.CleanDomain, Changed: domains.Reload}
	forbids := &auth.Forbids{Store: db}
	if err := forbids.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	f.api = &api.API{
		Rules: service, Callbacks: callbacks, Domains: domains, Hub: &stream.Hub{Refuse: forbids.Check}, Log: log,
		Forbids: forbids, Pushes: db.Pushes,
		Catalog:  &vod.Catalog{Store: db, Storages: map[string]vod.Storage{"st": storage}, Log: log},
		Verifier: &auth.Verifier{SecretKey: func(id string) (string, bool) { return secretKey, id == secretID }},
	}
	if err := domains.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := service.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := callbacks.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	f.api.Tasks = &rules.Tasks{Service: service, Store: db, Live: f.api.Hub.Get, Changed: domains.Reload, Log: log}
	if change != nil {
		change(f.api)
	}
	if err := f.api.Tasks.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	handler := f.api.Handler()
	f.http = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.last.Store(new(r.Context()))
		handler.ServeHTTP(w, r)
	}))
	t.Cleanup(func() {
		f.http.Close()
		f.http.Client().CloseIdleConnections()
		closeTasks := func() error { return f.api.Tasks.Close(context.Background()) }
		for _, c := range []func() error{closeTasks, db.Close, storage.Close} {
			if err := c(); err != nil {
				t.Error(err)
			}
		}
	})
	return f
}

// templates lists what is stored.
func (f *fixture) templates(t *testing.T) []rules.Template {
	t.Helper()
	all, err := f.db.Templates(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// add puts files into the catalogue and onto the disk.
func (f *fixture) add(t *testing.T, assets ...vod.Asset) {
	t.Helper()
	for _, a := range assets {
		a.StorageID, a.ObjectKey = "st", a.ID.String()
		if err := os.WriteFile(filepath.Join(f.dir, a.ObjectKey), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := f.db.AddFile(t.Context(), a, rules.Event{Type: rules.EventFileReady, Payload: []byte("{}")}); err != nil {
			t.Fatal(err)
		}
	}
}

// record puts a file that is being recorded into the catalogue.
func (f *fixture) record(t *testing.T, a vod.Asset) {
	t.Helper()
	a.StorageID, a.ObjectKey = "st", a.ID.String()
	if err := f.db.AddRecording(t.Context(), a); err != nil {
		t.Fatal(err)
	}
}
