// Package configs reads the configuration: defaults, one YAML file, environment variables. Only main and server see
// it; every other package is given plain values.
package configs

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"
	_ "time/tzdata" // many systems and containers have no time zones of their own

	"github.com/dustin/go-humanize"
	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// DefaultFile is read when no file is named and it exists.
const DefaultFile = "aircheck.yml"

//go:embed default.yaml
var defaultYAML []byte

// Config is the whole configuration. default.yaml documents each key.
type Config struct {
	DataDir  string   `yaml:"data_dir"`
	Node     int      `yaml:"node"`
	Log      Log      `yaml:"log"`
	HTTP     HTTP     `yaml:"http"`
	RTMP     RTMP     `yaml:"rtmp"`
	RTSP     RTSP     `yaml:"rtsp"`
	Ingest   Ingest   `yaml:"ingest"`
	Domains  Domains  `yaml:"domains"`
	Push     Push     `yaml:"push"`
	Play     Play     `yaml:"play"`
	HLS      HLS      `yaml:"hls"`
	TLS      TLS      `yaml:"tls"`
	Publish  Publish  `yaml:"publish"`
	Pull     []Pull   `yaml:"pull"`
	API      API      `yaml:"api"`
	Console  Console  `yaml:"console"`
	Recorder Recorder `yaml:"recorder"`
	Storage  Storage  `yaml:"storage"`
	Tasks    Tasks    `yaml:"tasks"`
	Rewind   Rewind   `yaml:"rewind"`
	Catalog  Catalog  `yaml:"catalog"`
	FFmpeg   FFmpeg   `yaml:"ffmpeg"`
	Debug    Debug    `yaml:"debug"`
	Metrics  Metrics  `yaml:"metrics"`

	Callbacks Callbacks `yaml:"callbacks"`
	Outbound  Outbound  `yaml:"outbound"`
}

// Log is the log section.
type Log struct {
	Level  string `yaml:"level"`
	Format string `yaml:"format"`
}

// HTTP is the http section.
type HTTP struct {
	Address        string   `yaml:"address"`
	TLSAddress     string   `yaml:"tls_address"`
	PublicURL      string   `yaml:"public_url"`
	TrustedProxies []string `yaml:"trusted_proxies"`
	MaxConnections int      `yaml:"max_connections"`
}

// RTMP is the rtmp section.
type RTMP struct {
	Address             string        `yaml:"address"`
	TLSAddress          string        `yaml:"tls_address"`
	MaxConnections      int           `yaml:"max_connections"`
	MaxConnectionsPerIP int           `yaml:"max_connections_per_ip"`
	HandshakeTimeout    time.Duration `yaml:"handshake_timeout"`
	IdleTimeout         time.Duration `yaml:"idle_timeout"`
	Tick                time.Duration `yaml:"tick"`
	LiveTick            time.Duration `yaml:"live_tick"`
	MaxMessageSize      Bytes         `yaml:"max_message_size"`
	MaxPartialSize      Bytes         `yaml:"max_partial_size"`
	MaxTotalPartialSize Bytes         `yaml:"max_total_partial_size"`
	MaxChunkStreams     int           `yaml:"max_chunk_streams"`
}

// Ingest is the ingest section.
type Ingest struct {
	GOPCache      Bytes `yaml:"gop_cache"`
	GOPCacheTotal Bytes `yaml:"gop_cache_total"`
	QueueTotal    Bytes `yaml:"queue_total"`
}

// Domains is the domains section.
type Domains struct {
	BuiltIn string   `yaml:"builtin"`
	Names   []string `yaml:"names"`
	Strict  bool     `yaml:"strict"`
}

// Push is the push section.
type Push struct {
	Auth string `yaml:"auth"`
	Hook string `yaml:"hook"`
}

// Play is the play section.
type Play struct {
	Auth         string        `yaml:"auth"`
	Hook         string        `yaml:"hook"`
	AllowOrigins []string      `yaml:"allow_origins"`
	MaxPlayers   int           `yaml:"max_players"`
	Wait         time.Duration `yaml:"wait"`
}

// HLS is the hls section: live playback, not recordings.
type HLS struct {
	LowLatency      bool          `yaml:"low_latency"`
	Segments        int           `yaml:"segments"`
	SegmentDuration time.Duration `yaml:"segment_duration"`
	PartDuration    time.Duration `yaml:"part_duration"`
	MaxSegmentSize  Bytes         `yaml:"max_segment_size"`
	Idle            time.Duration `yaml:"idle"`
	Always          bool          `yaml:"always"`
}

// TLS is the tls section.
type TLS struct {
	Certificate string `yaml:"certificate"`
	Key         string `yaml:"key"`
}

// Publish is the publish section.
type Publish struct {
	Takeover string        `yaml:"takeover"`
	Stale    time.Duration `yaml:"stale"`
}

// Pull is one element of the pull section.
type Pull struct {
	From        string `yaml:"from"`
	To          string `yaml:"to"`
	Domain      string `yaml:"domain"`
	Transport   string `yaml:"transport"`
	Insecure    bool   `yaml:"insecure"`
	Fingerprint string `yaml:"fingerprint"`
}

// API is the api section.
type API struct {
	SecretID        string `yaml:"secret_id"`
	SecretKey       string `yaml:"secret_key"`
	Timezone        string `yaml:"timezone"`
	Strict          bool   `yaml:"strict"`
	AllowPlainBasic bool   `yaml:"allow_plain_basic"`
}

// Console is the console section.
type Console struct {
	Password string `yaml:"password"`
}

// Recorder is the recorder section.
type Recorder struct {
	SyncInterval time.Duration `yaml:"sync_interval"`
	MP4Splice    time.Duration `yaml:"mp4_splice"`
	Timezone     string        `yaml:"timezone"`
}

// Tasks is the tasks section.
type Tasks struct {
	DefaultFormat string `yaml:"default_format"`
	MaxPerStream  int    `yaml:"max_per_stream"`
}

// Rewind is the rewind section.
type Rewind struct {
	Window     time.Duration `yaml:"window"`
	Streams    []string      `yaml:"streams"`
	MaxBytes   Bytes         `yaml:"max_bytes"`
	TotalBytes Bytes         `yaml:"total_bytes"`
	Dir        string        `yaml:"dir"`
}

// Catalog is the catalog section.
type Catalog struct {
	Hash     string `yaml:"hash"`
	HashRate Bytes  `yaml:"hash_rate"`
	Cover    bool   `yaml:"cover"`
	// TaskWorkers is how many tasks of the catalogue are done at once, MaxTasks how many may wait.
	TaskWorkers int `yaml:"task_workers"`
	// PlayKey signs the addresses of the primary application's files, PlayLifetime is how long those are good that are shown.
	PlayKey      string        `yaml:"play_key"`
	PlayLifetime time.Duration `yaml:"play_lifetime"`
	MaxTasks     int           `yaml:"max_tasks"`
}

// FFmpeg is the ffmpeg section.
type FFmpeg struct {
	Path      string        `yaml:"path"`
	AtOnce    int           `yaml:"at_once"`
	Threads   int           `yaml:"threads"`
	Memory    Bytes         `yaml:"memory"`
	MaxOutput Bytes         `yaml:"max_output"`
	Stall     time.Duration `yaml:"stall"`
	MaxTime   time.Duration `yaml:"max_time"`
	MaxCPU    time.Duration `yaml:"max_cpu"`
}

// Metrics is the metrics section.
type Metrics struct {
	Auth      string `yaml:"auth"`
	Username  string `yaml:"username"`
	Password  string `yaml:"password"`
	PerStream bool   `yaml:"per_stream"`
}

// Debug is the debug section.
type Debug struct {
	Address string `yaml:"address"`
}

// Callbacks is the callbacks section.
type Callbacks struct {
	Timeout  time.Duration `yaml:"timeout"`
	Tries    int           `yaml:"tries"`
	Interval time.Duration `yaml:"interval"`
	Keep     time.Duration `yaml:"keep"`
	AppID    int64         `yaml:"app_id"`
}

// Outbound is the outbound section.
type Outbound struct {
	Allow   []string `yaml:"allow"`
	Private bool     `yaml:"private"`
}

// Bytes is a size; in YAML a number of bytes, or a number with a unit: 16MiB, 1GB.
type Bytes int64

// UnmarshalYAML reads either form.
func (b *Bytes) UnmarshalYAML(text []byte) error {
	var s string
	if err := yaml.Unmarshal(text, &s); err != nil {
		return err
	}
	n, err := humanize.ParseBytes(s)
	if err != nil || n > 1<<50 {
		return fmt.Errorf("%q is not a size; write for example 16MiB", s)
	}
	*b = Bytes(n)
	return nil
}

// Default returns the configuration with every key at its default.
func Default() Config {
	var c Config
	if err := decode(defaultYAML, &c); err != nil {
		panic("configs: the embedded defaults do not parse: " + err.Error())
	}
	return c
}

// DefaultYAML returns the commented file that documents every key.
func DefaultYAML() []byte { return bytes.Clone(defaultYAML) }

// Load returns the defaults, overlaid by the file and by the environment (as os.Environ gives it), validated. An empty
// name means DefaultFile if it exists. Every error names the key or the line.
func Load(name string, environ []string) (Config, error) {
	c := Default()
	optional := name == ""
	if optional {
		name = DefaultFile
	}
	text, err := os.ReadFile(name)
	switch {
	case optional && errors.Is(err, os.ErrNotExist):
	case err != nil:
		return c, fmt.Errorf("read configuration: %w", err)
	default:
		if err := decode(text, &c); err != nil {
			return c, fmt.Errorf("read configuration %s: %w", name, err)
		}
	}
	if err := overlay(&c, environ); err != nil {
		return c, err
	}
	return c, c.Validate()
}

// decode reads YAML over what c holds; unknown and doubled keys are errors with line and column. A key without a
// value, such as a section whose every line is commented out, leaves the default alone.
func decode(text []byte, c *Config) error {
	var scratch Config
	err := yaml.NewDecoder(bytes.NewReader(text), yaml.Strict()).Decode(&scratch)
	if errors.Is(err, io.EOF) {
		return nil
	}
	if err != nil {
		if told := explain(text); told != nil {
			return told
		}
		// Without an excerpt of the file: its other lines may hold the secret key.
		return errors.New(yaml.FormatError(err, false, false))
	}
	file, err := parser.ParseBytes(text, 0)
	if err != nil {
		return err
	}
	ast.Walk(plain{}, file.Docs[0])
	return yaml.NodeToValue(file.Docs[0].Body, c)
}

// plain takes keys without a value out of a document, and numbers for the text that they are: 0123 is a possible
// secret, 1.10 a possible name. Fields that are numbers read the text.
type plain struct{}

// Visit is ast.Visitor's.
func (v plain) Visit(n ast.Node) ast.Visitor {
	switch n := n.(type) {
	case *ast.MappingNode:
		n.Values = slices.DeleteFunc(n.Values, func(kv *ast.MappingValueNode) bool { return kv.Value.Type() == ast.NullType })
		for _, kv := range n.Values {
			kv.Value = textOf(kv.Value)
		}
	case *ast.SequenceNode:
		for i := range n.Values {
			n.Values[i] = textOf(n.Values[i])
		}
	}
	return v
}

func textOf(n ast.Node) ast.Node {
	switch n.Type() {
	case ast.IntegerType, ast.FloatType:
		return ast.String(n.GetToken())
	}
	return n
}
