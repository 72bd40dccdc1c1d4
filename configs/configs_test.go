package configs

import (
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

func write(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "aircheck.yml")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestDefaultsAreValidAndComplete(t *testing.T) {
	c := Default()
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
	keys := map[string]reflect.Value{}
	collect(reflect.ValueOf(&c).Elem(), Prefix, keys)
	empty := map[string]bool{
		"AIRCHECK_NODE": true, "AIRCHECK_HTTP_PUBLIC_URL": true, "AIRCHECK_HTTP_TRUSTED_PROXIES": true,
		"AIRCHECK_RTMP_MAX_CONNECTIONS_PER_IP": true, "AIRCHECK_DOMAINS_NAMES": true, "AIRCHECK_DOMAINS_STRICT": true,
		"AIRCHECK_PUSH_HOOK": true, "AIRCHECK_PLAY_HOOK": true, "AIRCHECK_TLS_CERTIFICATE": true, "AIRCHECK_TLS_KEY": true,
		"AIRCHECK_HTTP_TLS_ADDRESS": true, "AIRCHECK_RTMP_TLS_ADDRESS": true,
		"AIRCHECK_RTSP_TLS_ADDRESS": true, "AIRCHECK_RTSP_MAX_CONNECTIONS_PER_IP": true,
		"AIRCHECK_PULL": true, "AIRCHECK_PLAY_WAIT": true, "AIRCHECK_HLS_ALWAYS": true,
		"AIRCHECK_API_SECRET_ID": true, "AIRCHECK_API_SECRET_KEY": true, "AIRCHECK_API_STRICT": true,
		"AIRCHECK_API_ALLOW_PLAIN_BASIC": true, "AIRCHECK_DEBUG_ADDRESS": true,
		"AIRCHECK_METRICS_USERNAME": true, "AIRCHECK_METRICS_PASSWORD": true,
		"AIRCHECK_CALLBACKS_APP_ID": true, "AIRCHECK_OUTBOUND_ALLOW": true,
		"AIRCHECK_RECORDER_MP4_SPLICE": true, "AIRCHECK_STORAGE_WARN_FREE": true, "AIRCHECK_STORAGE_QUOTA": true,
		"AIRCHECK_STORAGE_IA_DIR": true, "AIRCHECK_STORAGE_SUB_APPS": true, "AIRCHECK_CATALOG_PLAY_KEY": true,
		"AIRCHECK_REWIND_WINDOW": true, "AIRCHECK_REWIND_STREAMS": true, "AIRCHECK_REWIND_DIR": true, "AIRCHECK_FFMPEG_PATH": true,
		"AIRCHECK_CONSOLE_PASSWORD": true,
	}
	for name, v := range keys {
		if (v.IsZero() || v.Kind() == reflect.Slice && v.Len() == 0) != empty[name] {
			t.Errorf("%s has the value %v in default.yaml: is the key there?", name, v)
		}
	}
}

func TestEveryKeyIsInTheFileWithAComment(t *testing.T) {
	var c Config
	lines := strings.Split(string(DefaultYAML()), "\n")
	var walk func(v reflect.Type, indent string)
	walk = func(v reflect.Type, indent string) {
		for i := range v.NumField() {
			key := v.Field(i).Tag.Get("yaml")
			re := regexp.MustCompile("^" + indent + key + ":")
			at := -1
			for n, l := range lines {
				if re.MatchString(l) {
					at = n
				}
			}
			if at < 0 {
				t.Errorf("key %s is not in default.yaml", key)
				continue
			}
			if v.Field(i).Type.Kind() == reflect.Struct {
				walk(v.Field(i).Type, indent+"  ")
			}
		}
	}
	walk(reflect.TypeOf(c), "")
	commented := false
	for n, l := range lines {
		trimmed := strings.TrimSpace(l)
		switch {
		case strings.HasPrefix(trimmed, "#"):
			commented = true
		case trimmed == "" || !strings.HasPrefix(l, " ") && strings.HasSuffix(trimmed, ":"):
			commented = false
		case !commented:
			t.Errorf("line %d of default.yaml has a key without comment: %s", n+1, l)
		}
	}
}

func TestLoadOverlaysFileAndEnvironment(t *testing.T) {
	name := write(t, "rtmp:\n  address: ':2000'\n  max_message_size: 1MiB\npublish:\n  stale: 5s\n")
	c, err := Load(name, []string{
		"PATH=/bin", "AIRCHECK_CONFIG=x", "AIRCHECK_PORT=tcp://10.0.0.7:8080", "AIRCHECK_PORT_8080_TCP_PROTO=tcp",
		"AIRCHECK_SERVICE_HOST=10.0.0.7", "AIRCHECK_RTMP_ADDRESS=127.0.0.1:0", "AIRCHECK_RTMP_TICK=50ms",
		"AIRCHECK_DOMAINS_NAMES=[a.example, b.example]", "AIRCHECK_RTMP_MAX_PARTIAL_SIZE=2MiB", "AIRCHECK_NODE=7",
	})
	if err != nil {
		t.Fatal(err)
	}
	if c.RTMP.Address != "127.0.0.1:0" || c.RTMP.MaxMessageSize != 1<<20 || c.RTMP.MaxPartialSize != 2<<20 ||
		c.Publish.Stale != 5*time.Second || c.RTMP.Tick != 50*time.Millisecond || c.Node != 7 ||
		len(c.Domains.Names) != 2 || c.HTTP.Address != ":8080" {
		t.Errorf("got %+v", c)
	}
}

func TestLoadErrorsNameTheKey(t *testing.T) {
	for _, ca := range []struct {
		name, file string
		environ    []string
		want       []string
	}{
		{"unknown key", "rtmp:\n  adress: ':1'\n", nil, []string{"[2:3]", "rtmp.adress", "rtmp.address?", "aircheck defaults"}},
		{"unknown section", "rtpm:\n  address: ':1'\n", nil, []string{"[1:1]", "rtpm", "rtmp?"}},
		{"unknown key of an element", "pull:\n  - form: a\n", nil, []string{"[2:5]", "pull[0].form", "pull[0].from?"}},
		{"far from any key", "rtmp:\n  colour: red\n", nil, []string{"rtmp.colour;"}},
		{"key twice", "node: 1\nnode: 2\n", nil, []string{"node"}},
		{"wrong type", "node: many\n", nil, []string{"node", "[1:7]", "many", "whole number"}},
		{"bad duration", "publish:\n  stale: soon\n", nil, []string{"[2:10]", "publish.stale", "soon", "30s"}},
		{"bad size", "rtmp:\n  max_message_size: big\n", nil, []string{"[2:21]", "rtmp.max_message_size", "big", "16MiB"}},
		{"bad address", "http:\n  address: 8080\n", nil, []string{"http.address", "8080"}},
		{"bad choice", "push:\n  auth: sometimes\n", nil, []string{"push.auth", "sometimes", "always"}},
		{"bad task format", "tasks:\n  default_format: mp3\n", nil, []string{"tasks.default_format", "mp3", "flv", "hls", "mp4", "aac"}},
		{"no tasks", "tasks:\n  max_per_stream: 0\n", nil, []string{"tasks.max_per_stream", "0"}},
		{"long window", "rewind:\n  window: 2h\n", nil, []string{"rewind.window", "2h", "1h", "0s"}},
		{"short window", "rewind:\n  window: 1s\n", nil, []string{"rewind.window", "1s", "10s", "0s"}},
		{"bad stream", "rewind:\n  streams: [a/b]\n", nil, []string{"rewind.streams", "a/b", "example.com/*/*"}},
		{"no room for one", "rewind:\n  max_bytes: 64GiB\n", nil, []string{"rewind.total_bytes", "34359738368", "68719476736"}},
		{"hardly a ring", "rewind:\n  max_bytes: 1MiB\n", nil, []string{"rewind.max_bytes", "1048576"}},
		{"bad hash", "catalog:\n  hash: sometimes\n", nil, []string{"catalog.hash", "sometimes", "background", "request", "off"}},
		{"bad choice when full", "storage:\n  when_full: sometimes\n", nil, []string{"storage.when_full", "sometimes", "stop", "delete_oldest"}},
		{"half a key pair", "api:\n  secret_id: abc\n", nil, []string{"api.secret_id", "both"}},
		{"bad zone", "recorder:\n  timezone: Mars\n", nil, []string{"recorder.timezone", "Mars"}},
		{"bad proxy", "http:\n  trusted_proxies: [here]\n", nil, []string{"http.trusted_proxies", "here"}},
		{"bad url", "http:\n  public_url: example.com\n", nil, []string{"http.public_url", "example.com"}},
		{"no connections", "rtmp:\n  max_connections: 0\n", nil, []string{"rtmp.max_connections", "less than 1"}},
		{"total below one", "ingest:\n  gop_cache: 8MiB\n  gop_cache_total: 1MiB\n", nil, []string{"ingest.gop_cache_total", "1048576", "8388608"}},
		{"warning below the floor", "storage:\n  min_free: 2GiB\n  warn_free: 1GiB\n", nil, []string{"storage.warn_free", "1073741824", "2147483648"}},
		{"no queue", "ingest:\n  queue_total: 0\n", nil, []string{"ingest.queue_total", "less than 1048576"}},
		{"bad metrics", "metrics:\n  auth: basic\n", nil, []string{"metrics.auth", "basic", "remote"}},
		{"half metrics credentials", "metrics:\n  password: x\n", nil, []string{"metrics.username", "both"}},
		{"no HTTP", "http:\n  max_connections: 0\n", nil, []string{"http.max_connections", "less than 1"}},
		{"negative cache", "ingest:\n  gop_cache: -1\n", nil, []string{"-1", "is not a size"}},
		{"bad callback interval", "callbacks:\n  interval: 5ms\n", nil, []string{"callbacks.interval", "5ms", "1s"}},
		{"no callback", "callbacks:\n  tries: 0\n", nil, []string{"callbacks.tries", "less than 1"}},
		{"bad target", "outbound:\n  allow: ['http://a']\n", nil, []string{"outbound.allow", "http://a"}},
		{"empty key unknown", "rtmp:\n  adress:\n", nil, []string{"adress"}},
		{"out of range", "rtmp:\n  tick: 1ms\n", nil, []string{"rtmp.tick", "10ms"}},
		{"bare number", "publish:\n  stale: 5\n", nil, []string{"[2:10]", "publish.stale", "5", "30s"}},
		{"no section", "publish: 3\n", nil, []string{"[1:10]", "publish", "section"}},
		{"no keys", "just text\n", nil, []string{"[1:1]", "KEY: VALUE"}},
		{"bad flag", "api:\n  strict: maybe\n", nil, []string{"[2:11]", "api.strict", "maybe", "true or false"}},
		{"bad duration by variable", "", []string{"AIRCHECK_PUBLISH_STALE=fast"}, []string{"AIRCHECK_PUBLISH_STALE", "fast", "30s"}},
		{"two at once", "node: 300\nlog:\n  level: loud\n", nil, []string{"node", "log.level"}},
		{"unknown variable", "", []string{"AIRCHECK_RTMP_ADRESS=:1"}, []string{"AIRCHECK_RTMP_ADRESS"}},
		{"bad variable", "", []string{"AIRCHECK_NODE=x"}, []string{"AIRCHECK_NODE", "x"}},
	} {
		t.Run(ca.name, func(t *testing.T) {
			_, err := Load(write(t, ca.file), ca.environ)
			if err == nil {
				t.Fatal("accepted")
			}
			for _, w := range ca.want {
				if !strings.Contains(err.Error(), w) {
					t.Errorf("error %q does not say %q", err, w)
				}
			}
		})
	}
}

// TestGOPCacheMayBeOff: 0 is a value, not the default.
func TestGOPCacheMayBeOff(t *testing.T) {
	for _, ca := range []struct {
		text          string
		stream, total Bytes
	}{
		{"", 4 << 20, 256 << 20},
		{"gop_cache: 0", 0, 256 << 20},
		{"gop_cache: 0\n  gop_cache_total: 0", 0, 0},
		{"gop_cache: 1MiB\n  gop_cache_total: 1MiB", 1 << 20, 1 << 20},
	} {
		c, err := Load(write(t, "ingest:\n  "+ca.text+"\n"), nil)
		if err != nil || c.Ingest != (Ingest{GOPCache: ca.stream, GOPCacheTotal: ca.total, QueueTotal: 512 << 20}) {
			t.Errorf("%q: %+v, %v", ca.text, c.Ingest, err)
		}
	}
}

// TestDebugAddressIsLoopback: profiles are for this machine only.
func TestDebugAddressIsLoopback(t *testing.T) {
	for _, good := range []string{"", "127.0.0.1:6060", "127.3.2.1:0", "[::1]:6060", "localhost:6060", "[::ffff:127.0.0.1]:6060"} {
		if c, err := Load(write(t, ""), []string{"AIRCHECK_DEBUG_ADDRESS=" + good}); err != nil || c.Debug.Address != good {
			t.Errorf("%q: got %q, %v", good, c.Debug.Address, err)
		}
	}
	for _, bad := range []string{
		":6060", "0.0.0.0:6060", "[::]:6060", "192.0.2.1:6060", "128.0.0.1:6060", "[::ffff:192.0.2.1]:6060", "example.com:6060",
		"localhost.example.com:6060", "127.0.0.1", "::1", "localhost", "6060", "127.1:6060",
	} {
		_, err := Load(write(t, "debug:\n  address: '"+bad+"'\n"), nil)
		for _, want := range []string{"debug.address", strconv.Quote(bad), "127.0.0.1:6060"} {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%q: error %v does not say %s", bad, err, want)
			}
		}
	}
}

func TestLoadWithoutFile(t *testing.T) {
	t.Chdir(t.TempDir())
	if _, err := Load("", nil); err != nil {
		t.Errorf("no file named, none there: %v", err)
	}
	if _, err := Load("missing.yml", nil); err == nil {
		t.Error("a named file that is missing was accepted")
	}
	if err := os.WriteFile(DefaultFile, []byte("node: 9\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if c, err := Load("", nil); err != nil || c.Node != 9 {
		t.Errorf("the default file was not read: node %d, error %v", c.Node, err)
	}
}

// TestTextThatLooksLikeANumber: a key pair or a name is what stands in the file, digit by digit.
func TestTextThatLooksLikeANumber(t *testing.T) {
	c, err := Load(write(t, "api:\n  secret_id: 0123\n  secret_key: 1_000\n  timezone:\ndomains:\n  builtin: 1.10\n  names: [1e5, 0x10]\n"), nil)
	if err != nil {
		t.Fatal(err)
	}
	got := append([]string{c.API.SecretID, c.API.SecretKey, c.API.Timezone, c.Domains.BuiltIn}, c.Domains.Names...)
	if want := []string{"0123", "1_000", "Asia/Shanghai", "1.10", "1e5", "0x10"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestErrorsShowNoSecret: what is wrong beside a secret is told without it.
func TestErrorsShowNoSecret(t *testing.T) {
	for _, line := range []string{"zone: x", "strict: maybe", "secret_id: [", "secret_id: a\n  secret_id: b"} {
		_, err := Load(write(t, "api:\n  secret_key: hush\n  "+line+"\n"), nil)
		if err == nil || strings.Contains(err.Error(), "hush") || !strings.Contains(err.Error(), "[") {
			t.Errorf("%q: %v", line, err)
		}
	}
}

// TestTimeZonesAreBuiltIn: the defaults name zones, and must work where the system has none.
func TestTimeZonesAreBuiltIn(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(strings.Fields(string(out)), "time/tzdata") {
		t.Error("time/tzdata is not linked in")
	}
}

func TestKeysWithoutValueKeepTheirDefault(t *testing.T) {
	for _, file := range []string{
		"", "# nothing\n", "rtmp:\n", "rtmp:\n  address:\n  tick: 200ms\n", "rtmp:\n  address:\n",
		"---\nrtmp: {address: , tick: 200ms}\n",
	} {
		c, err := Load(write(t, file), nil)
		if err != nil || !reflect.DeepEqual(c, Default()) {
			t.Errorf("%q: error %v, got %+v", file, err, c)
		}
	}
}
