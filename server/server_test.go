package server

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"aircheck/configs"
	"aircheck/ingest/media"
	"aircheck/rules"
	"aircheck/server/auth"
	"aircheck/server/store"
	"aircheck/vod"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func testConfig(t *testing.T) configs.Config {
	t.Helper()
	cfg := configs.Default()
	cfg.DataDir = t.TempDir()
	cfg.RTMP.Address, cfg.HTTP.Address, cfg.RTSP.Address = "127.0.0.1:0", "127.0.0.1:0", "127.0.0.1:0"
	cfg.Catalog.Cover = false // tests count files, events and goroutines; those of covers switch it on
	cfg.RTSP.UDPRTPAddress, cfg.RTSP.UDPRTCPAddress = "127.0.0.1:0", "127.0.0.1:0"
	return cfg
}

// run starts a server and returns its HTTP address and a function that stops it and returns Run's error.
func run(t *testing.T, cfg configs.Config) (address string, stop func() error) {
	t.Helper()
	s, stop := start(t, cfg, slog.New(slog.DiscardHandler))
	return s.listener.Addr().String(), stop
}

func start(t *testing.T, cfg configs.Config, log *slog.Logger) (s *Server, stop func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	s, err := New(ctx, cfg, "test", log)
	if err != nil {
		cancel()
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	stop = func() error {
		cancel()
		err := <-done
		done <- err
		return err
	}
	t.Cleanup(func() {
		if err := stop(); err != nil {
			t.Error(err)
		}
		http.DefaultClient.CloseIdleConnections()
	})
	return s, stop
}

func get(t *testing.T, url string) (int, []byte) {
	t.Helper()
	answer, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, body
}

func TestOneServerPerDataFolder(t *testing.T) {
	cfg := testConfig(t)
	_, stop := run(t, cfg)
	_, err := New(context.Background(), cfg, "test", slog.New(slog.DiscardHandler))
	if !errors.Is(err, ErrLocked) || !strings.Contains(err.Error(), "process") {
		t.Errorf("a second server: %v", err)
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	s, err := New(context.Background(), cfg, "test", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatalf("after the first has stopped: %v", err)
	}
	if err := s.close(); err != nil {
		t.Error(err)
	}
}

func TestPortInUseIsAnErrorThatNamesTheKey(t *testing.T) {
	address, _ := run(t, testConfig(t))
	for key, set := range map[string]func(*configs.Config){
		"http.address":  func(c *configs.Config) { c.HTTP.Address = address },
		"rtmp.address":  func(c *configs.Config) { c.RTMP.Address = address },
		"debug.address": func(c *configs.Config) { c.Debug.Address = address },
	} {
		cfg := testConfig(t)
		set(&cfg)
		_, err := New(context.Background(), cfg, "test", slog.New(slog.DiscardHandler))
		if err == nil || !strings.Contains(err.Error(), key) {
			t.Errorf("%s in use: %v", key, err)
		}
		if variable := "AIRCHECK_" + strings.ToUpper(strings.ReplaceAll(key, ".", "_")); err == nil || !strings.Contains(err.Error(), variable) {
			t.Errorf("%s in use: %v does not name %s", key, err, variable)
		}
		d, err := openDataDir(cfg.DataDir)
		if err != nil {
			t.Fatalf("the folder stayed locked: %v", err)
		}
		_ = d.Close()
	}
}

func TestSecretsAreMadeOnceAndPrivate(t *testing.T) {
	cfg := testConfig(t)
	_, stop := run(t, cfg)
	name := filepath.Join(cfg.DataDir, "secrets", "api_key")
	first, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if runtime.GOOS != "windows" {
		for _, path := range []string{name, filepath.Join(cfg.DataDir, databaseName)} {
			info, err := os.Stat(path)
			if err != nil {
				t.Fatal(err)
			}
			if info.Mode().Perm()&0o077 != 0 {
				t.Errorf("%s can be read by others: %s", filepath.Base(path), info.Mode())
			}
		}
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	run(t, cfg)
	again, err := os.ReadFile(name)
	if err != nil || !bytes.Equal(first, again) {
		t.Errorf("the second start changed the API key: %v", err)
	}
}

func TestForeignStorageIsNotTouched(t *testing.T) {
	cfg := testConfig(t)
	recordings := filepath.Join(cfg.DataDir, "recordings")
	if err := os.MkdirAll(recordings, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(recordings, "somebody's.txt"), []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	address, _ := run(t, cfg)
	status, body := get(t, "http://"+address+"/readyz")
	var ready readiness
	if err := json.Unmarshal(body, &ready); err != nil {
		t.Fatal(err)
	}
	if status != http.StatusServiceUnavailable || ready.Ready || len(ready.Problems) != 1 {
		t.Errorf("/readyz: %d %s", status, body)
	}
	if status, _ := get(t, "http://"+address+"/healthz"); status != http.StatusOK {
		t.Errorf("/healthz: %d", status)
	}
	names, err := os.ReadDir(recordings)
	if err != nil || len(names) != 1 {
		t.Errorf("the folder now holds %v, %v", names, err)
	}
}

// TestStopLetsCallsFinish: who is in the middle of a call when the server stops gets an answer.
func TestStopLetsCallsFinish(t *testing.T) {
	address, stop := run(t, testConfig(t))
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	in := bufio.NewReader(c)
	exchange := func(send, want string) {
		t.Helper()
		if _, err := io.WriteString(c, send); err != nil {
			t.Fatal(err)
		}
		if line, err := in.ReadString('\n'); err != nil || !strings.HasPrefix(line, want) {
			t.Fatalf("got %q, %v; want %q", line, err, want)
		}
	}
	exchange("POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 3\r\n"+
		"Expect: 100-continue\r\n\r\n", "HTTP/1.1 100 ")
	if _, err := in.ReadString('\n'); err != nil { // the empty line behind it
		t.Fatal(err)
	}
	stopped := make(chan error, 1)
	go func() { stopped <- stop() }()
	for { // until the listener is closed
		other, err := net.Dial("tcp", address)
		if err != nil {
			break
		}
		_ = other.Close()
	}
	exchange("a=b", "HTTP/1.1 200 ")
	if err := <-stopped; err != nil {
		t.Error(err)
	}
}

func TestHealthcheck(t *testing.T) {
	cfg := testConfig(t)
	address, stop := run(t, cfg)
	cfg.HTTP.Address = address
	if err := CheckHealth(context.Background(), cfg); err != nil {
		t.Error(err)
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	if err := CheckHealth(context.Background(), cfg); err == nil {
		t.Error("a server that does not run is healthy")
	}
}

func TestPagesHaveAPolicy(t *testing.T) {
	address, _ := run(t, testConfig(t))
	answer, err := http.Get("http://" + address + "/")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	if answer.Request.URL.Path != "/console/" || !bytes.Contains(body, []byte("<title>Aircheck</title>")) {
		t.Errorf("GET / led to %s: %.100s", answer.Request.URL, body)
	}
	// Styles of the console are made in the browser; scripts come from files of the server alone.
	p := answer.Header.Get("Content-Security-Policy")
	if scripts := strings.ReplaceAll(p, "style-src 'self' 'unsafe-inline'", ""); !strings.Contains(p, "default-src 'self'") || strings.Contains(scripts, "unsafe") ||
		strings.Contains(scripts, "script-src") {
		t.Errorf("policy %q", p)
	}
}

func TestPrintURLs(t *testing.T) {
	cfg := testConfig(t)
	_, stop := run(t, cfg)
	var out bytes.Buffer
	if err := PrintURLs(context.Background(), &out, cfg, "live/show", URLOptions{Host: "media.example", Valid: 1e12}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"localhost/live/show", "rtmp://media.example:0/live\n", "show?txSecret=", "&txTime="} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
	for _, ca := range []struct {
		path, domain, want string
	}{
		{"live/show", "nowhere.example", "domain"},
		{"vod/show", "", "reserved"},
	} {
		err := PrintURLs(context.Background(), &out, cfg, ca.path, URLOptions{Domain: ca.domain, Valid: 1e12})
		if err == nil || !strings.Contains(err.Error(), ca.want) {
			t.Errorf("%s in domain %q: %v", ca.path, ca.domain, err)
		}
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	cfg.DataDir = t.TempDir()
	if err := PrintURLs(context.Background(), &out, cfg, "live/show", URLOptions{}); err == nil ||
		!strings.Contains(err.Error(), "started once") {
		t.Errorf("without a database: %v", err)
	}
}

// TestPrintedURLsLeadToTheirDomain reads the printed addresses as the server does: whatever host is printed, they must
// be let in, to the domain asked for.
func TestPrintedURLsLeadToTheirDomain(t *testing.T) {
	cfg := testConfig(t)
	cfg.Domains.Names = []string{"a.example", "b.example"}
	_, stop := run(t, cfg)
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	remote := netip.MustParseAddrPort("192.0.2.7:5")
	for _, ca := range []struct {
		domain, host, public string
		strict               bool
		want                 string
	}{
		{"", "", "", false, "localhost"},
		{"", "", "", true, "localhost"},
		{"", "192.0.2.1", "", true, "localhost"},
		{"", "b.example", "", false, "localhost"},
		{"", "", "https://a.example", false, "localhost"},
		{"A.example", "", "", false, "a.example"},
		{"a.example", "192.0.2.1", "", false, "a.example"},
		{"a.example", "b.example", "", true, "a.example"},
	} {
		cfg.Domains.Strict, cfg.HTTP.PublicURL = ca.strict, ca.public
		var out bytes.Buffer
		o := URLOptions{Domain: ca.domain, Host: ca.host, Valid: time.Hour}
		if err := PrintURLs(t.Context(), &out, cfg, "live/show", o); err != nil {
			t.Fatal(err)
		}
		u, err := url.Parse(regexp.MustCompile(`rtmp://[^']+`).FindString(out.String()[strings.Index(out.String(), "ffmpeg"):]))
		if err != nil {
			t.Fatal(err)
		}
		domains, err := readDomains(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		got, err := (&auth.Publish{Domains: domains}).Authorize(auth.PushRequest{
			Host: u.Host, App: "live", Stream: "show", Params: u.RawQuery, Remote: remote, Local: remote,
		})
		if err != nil || got.Key.Domain != ca.want {
			t.Errorf("%+v: %s leads to %q, %v", ca, u.Host, got.Key.Domain, err)
		}
		_, played, _ := strings.Cut(out.String(), "\nPlay\n")
		player := &auth.Play{Domains: domains, Live: func(string, string) []media.StreamKey { return nil }}
		for line := range strings.Lines(played) {
			u, err := url.Parse(strings.Fields(line)[1])
			if err != nil {
				t.Fatal(err)
			}
			got, err := player.Authorize(auth.PlayRequest{
				Host: u.Host, App: "live", Stream: "show", Params: u.RawQuery, Remote: remote, Local: remote,
			})
			if err != nil || got.Key.Domain != ca.want {
				t.Errorf("%+v: %s leads a player to %q, %v", ca, u.Host, got.Key.Domain, err)
			}
		}
		if n := strings.Count(played, "txSecret="); n != 6 {
			t.Errorf("%d play addresses\n%s", n, out.String())
		}
	}
}

// TestStorageIdentityFileIsOne guards a name that recorder, which writes the file, and vod, which checks it, both have.
func TestStorageIdentityFileIsOne(t *testing.T) {
	cfg := testConfig(t)
	run(t, cfg)
	if _, err := os.Stat(filepath.Join(cfg.DataDir, "recordings", vod.IdentityFile)); err != nil {
		t.Error(err)
	}
}

// TestIngestIsConfigured: how often sockets are read and how much streams remember arrive where they are looked for.
func TestIngestIsConfigured(t *testing.T) {
	cfg := testConfig(t)
	cfg.Ingest = configs.Ingest{GOPCache: 123 << 10, GOPCacheTotal: 45 << 20}
	cfg.RTMP.Tick, cfg.RTMP.LiveTick = 90*time.Millisecond, 40*time.Millisecond
	s, _ := start(t, cfg, slog.New(slog.DiscardHandler))
	if s.rtmp.Tick != 90*time.Millisecond || s.rtmp.LiveTick != 40*time.Millisecond {
		t.Errorf("read every %s, and every %s if somebody watches", s.rtmp.Tick, s.rtmp.LiveTick)
	}
	if s.hub.GOP != 123<<10 || s.hub.TotalGOP != 45<<20 {
		t.Errorf("%d bytes of a stream, %d in total", s.hub.GOP, s.hub.TotalGOP)
	}
}

// TestHashes: when a file's hash is computed is what catalog.hash says.
func TestHashes(t *testing.T) {
	for mode, hashed := range map[string]struct{ found, shown bool }{
		"request": {false, true}, "background": {true, true}, "off": {false, false},
	} {
		t.Run(mode, func(t *testing.T) {
			cfg := testConfig(t)
			cfg.Catalog.Hash, cfg.API.SecretID, cfg.API.SecretKey = mode, "id", "key"
			_, stop := run(t, cfg) // makes everything
			if err := stop(); err != nil {
				t.Fatal(err)
			}
			addFile(t, cfg, 1)
			for _, action := range []struct {
				name   string
				hashed bool
			}{{"SearchMedia", hashed.found}, {"DescribeMediaInfos", hashed.shown}} {
				address, stop := run(t, cfg)
				for sum := ask(t, address, action.name); action.hashed && sum == ""; sum = ask(t, address, action.name) {
				}
				if err := stop(); err != nil {
					t.Fatal(err)
				}
				if sum := sumOf(t, cfg, 1); (sum != "") != action.hashed {
					t.Errorf("after %s: %q", action.name, sum)
				}
			}
		})
	}
}

// addFile puts a file into the storage and the catalogue of a server that does not run.
func addFile(t *testing.T, cfg configs.Config, id vod.FileID) {
	t.Helper()
	db := openStore(t, cfg)
	storage, _, err := db.StorageID(t.Context(), "local", "recordings")
	if err != nil {
		t.Fatal(err)
	}
	a := vod.Asset{ID: id, Status: vod.StatusNormal, StorageID: storage, ObjectKey: "x.flv", Container: "flv", Size: 1}
	if err := os.WriteFile(filepath.Join(cfg.DataDir, "recordings", a.ObjectKey), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(db.AddFile(t.Context(), a, rules.Event{}), db.Close()); err != nil {
		t.Fatal(err)
	}
}

func openStore(t *testing.T, cfg configs.Config) *store.Store {
	t.Helper()
	db, err := store.Open(t.Context(), filepath.Join(cfg.DataDir, databaseName))
	if err != nil {
		t.Fatal(err)
	}
	return db
}

// sumOf reads a hash from the database.
func sumOf(t *testing.T, cfg configs.Config, id vod.FileID) string {
	t.Helper()
	db := openStore(t, cfg)
	found, err := db.AssetsByID(t.Context(), []vod.FileID{id})
	if err := errors.Join(err, db.Close()); err != nil || len(found) != 1 {
		t.Fatal(found, err)
	}
	return found[0].SHA256
}

// ask calls an action for file 1 and returns the hash in the answer.
func ask(t *testing.T, address, action string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+address, strings.NewReader(`{"FileIds":["1"]}`))
	if err != nil {
		t.Fatal(err)
	}
	r.SetBasicAuth("id", "key")
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-TC-Action", action)
	r.Header.Set("X-TC-Version", "2018-07-17")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var a struct {
		Response struct {
			MediaInfoSet []struct{ MetaData struct{ Sha256 string } }
		}
	}
	if err := json.NewDecoder(answer.Body).Decode(&a); err != nil || len(a.Response.MediaInfoSet) != 1 {
		t.Fatal(a, err)
	}
	return a.Response.MediaInfoSet[0].MetaData.Sha256
}
