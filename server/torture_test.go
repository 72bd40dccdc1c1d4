package server

import (
	"cmp"
	"context"
	"database/sql"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"aircheck/ingest/media/mediatest"
)

// tortureKills is how often TestTorture kills the server, tortureSeed when: that of a run has another one kill at about the same moments.
var (
	tortureKills = flag.Int("torture.kills", 6, "how often the server is killed")
	tortureSeed  = flag.Uint64("torture.seed", 0, "of the moments at which that happens; 0: the time")
)

// certain: what was sent longer ago must be there.
const certain = 1500 * time.Millisecond

// tortureFormats are the formats of all recordings there.
var tortureFormats = []string{"flv", "hls", "mp4", "aac"}

// torture is a server that is killed again and again, over one data folder.
type torture struct {
	t       *testing.T
	program string
	dir     string
	clips   []string
	rnd     *rand.Rand
	server  *exec.Cmd
	rtmp    string
	http    string
	// pushes are those of killed servers that have not been looked at.
	pushes []*tortured
	// running are those whose server is still to be killed, with those that pushSpliced makes.
	running []*tortured
	kills   map[string]int
	tally   map[string]*tally
	// recovered is how long after the start all was finished.
	recovered []time.Duration
	events    int
	hooks     *hooks
	told      map[string]*hookSum // by type
	// begun is how many pushes of a stream must have been told of.
	begun      map[string]int
	spliced    []*spliced
	splicedSum splicedSum
}

// tally is what became of the recordings of one format.
type tally struct {
	files, lost, doubled, undecodable, holes int
	// missing is what was sent and is not in the file.
	missing []time.Duration
}

// TestTorture kills the built server at random moments under pushes of ffmpeg, while it starts and repairs, and while it stops, and
// counts what is lost.
func TestTorture(t *testing.T) {
	dir := t.TempDir()
	seed := cmp.Or(*tortureSeed, uint64(time.Now().UnixNano()))
	x := &torture{
		t: t, dir: dir, program: filepath.Join(dir, "aircheck"), rnd: rand.New(rand.NewPCG(seed, 0)),
		kills: map[string]int{}, tally: map[string]*tally{}, rtmp: freePort(t), http: freePort(t),
		hooks: openHooks(t, seed), begun: map[string]int{},
	}
	t.Logf("seed %d", seed)
	for _, f := range tortureFormats {
		x.tally[f] = &tally{}
	}
	if name := os.Getenv("E2E_PROGRAM"); name != "" {
		x.program = name
	} else {
		mediatest.Run(t, "go", "build", "-o", x.program, "aircheck")
	}
	for i, more := range [][]string{{"-bf", "2"}, {"-bf", "0", "-an"}} {
		args := append([]string{"-t", "12", "-c:v", "libx264", "-preset", "ultrafast", "-g", "50", "-b:v", "400k", "-c:a", "aac"}, more...)
		x.clips = append(x.clips, mediatest.Clip(t, fmt.Sprintf("clip%d.flv", i), "25", args...))
	}
	x.start()
	x.configure()
	for n := 0; n < *tortureKills; n++ {
		x.round(n)
		x.inspect()
	}
	x.checkSpliced()
	x.checkHooks()
	x.end(syscall.SIGTERM)
	x.checkEvents()
	t.Log("\n" + x.summary() + "\n" + x.hooksSummary() + "\n" + x.splicedSummary())
}

// round pushes, kills, and at times kills again, before all is repaired.
func (x *torture) round(n int) {
	for i := range 1 + x.rnd.IntN(2) {
		clip := (n + i) % 4 / 3 // one of four has no sound
		x.pushes = append(x.pushes, x.push("live", fmt.Sprintf("k%d-%d", n, i), x.clips[clip], clip == 0))
	}
	x.pushSpliced(n)
	x.nap(5 * time.Second)
	switch x.rnd.IntN(6) {
	case 0:
		x.kills["while it stops"]++
		x.signal(syscall.SIGTERM)
		x.nap(150 * time.Millisecond)
	case 1:
		x.kills["under a push"]++
		x.end(syscall.SIGKILL)
		x.kills["while it starts and repairs"]++
		x.start()
		x.nap(120 * time.Millisecond)
	default:
		x.kills["under a push"]++
	}
	x.end(syscall.SIGKILL)
	for _, p := range x.running {
		p.wait()
		if p.sent > certain {
			x.begun[p.stream]++
		}
	}
	x.running = nil
	x.start()
}

func (x *torture) nap(most time.Duration) {
	<-time.After(time.Duration(x.rnd.Int64N(int64(most))))
}

// start starts the server, without waiting for it.
func (x *torture) start() {
	log, err := os.OpenFile(filepath.Join(x.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		x.t.Fatal(err)
	}
	defer log.Close()
	x.server = exec.Command(x.program)
	x.server.Dir, x.server.Stderr = x.dir, log
	x.server.Env = append(os.Environ(), "AIRCHECK_DATA_DIR="+x.data(), "AIRCHECK_RTMP_ADDRESS="+x.rtmp,
		"AIRCHECK_HTTP_ADDRESS="+x.http, "AIRCHECK_LOG_FORMAT=json", "AIRCHECK_CALLBACKS_INTERVAL=1s",
		"AIRCHECK_RTSP_ADDRESS=127.0.0.1:0", "AIRCHECK_RTSP_UDP_RTP_ADDRESS=127.0.0.1:0", "AIRCHECK_RTSP_UDP_RTCP_ADDRESS=127.0.0.1:0")
	if err := x.server.Start(); err != nil {
		x.t.Fatal(err)
	}
	server := x.server
	x.t.Cleanup(func() {
		_ = server.Process.Kill()
		if log, err := os.ReadFile(filepath.Join(x.dir, "log")); x.t.Failed() && err == nil && server == x.server {
			x.t.Logf("the end of the log:\n%s", log[max(0, len(log)-20000):])
		}
	})
}

func (x *torture) data() string { return filepath.Join(x.dir, "data") }

func (x *torture) signal(s os.Signal) { _ = x.server.Process.Signal(s) }

// end ends the server.
func (x *torture) end(s os.Signal) {
	x.signal(s)
	_ = x.server.Wait()
}

func (x *torture) eventually(what string, done func() bool) {
	x.t.Helper()
	deadline := time.Now().Add(time.Minute)
	for tick := time.NewTicker(5 * time.Millisecond); !done(); <-tick.C {
		if time.Now().After(deadline) {
			x.t.Fatalf("waited a minute for %s", what)
		}
	}
}

// query reads the database beside the server.
func (x *torture) query(text string, args ...any) (rows [][]string) {
	x.t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(x.data(), databaseName)+"?mode=ro&_pragma=busy_timeout(5000)")
	if err != nil {
		x.t.Fatal(err)
	}
	defer db.Close()
	found, err := db.QueryContext(context.Background(), text, args...)
	if err != nil {
		x.t.Fatal(err)
	}
	defer found.Close()
	columns, err := found.Columns()
	if err != nil {
		x.t.Fatal(err)
	}
	for found.Next() {
		row, into := make([]string, len(columns)), []any{}
		for i := range row {
			into = append(into, &row[i])
		}
		if err := found.Scan(into...); err != nil {
			x.t.Fatal(err)
		}
		rows = append(rows, row)
	}
	if err := found.Err(); err != nil {
		x.t.Fatal(err)
	}
	return rows
}

// inspect waits until the server has repaired everything, and looks at it.
func (x *torture) inspect() {
	began := time.Now()
	x.eventually("the repair", func() bool {
		journals, _ := filepath.Glob(filepath.Join(x.data(), "recordings", ".open", "*.journal"))
		return !slices.ContainsFunc(journals, func(name string) bool { return !x.isWaiting(name) }) &&
			len(x.query("SELECT id FROM assets WHERE status = 'Recording' AND app <> ?", splicedApp)) == 0
	})
	x.recovered = append(x.recovered, time.Since(began))
	for _, p := range x.pushes {
		for _, format := range p.formats() {
			x.look(p, format)
		}
	}
	x.pushes = nil
}

// look compares the recording of a push with what was sent.
func (x *torture) look(p *tortured, format string) {
	sum := x.tally[format]
	keys := x.query("SELECT object_key FROM assets WHERE stream = ? AND container = ?", p.stream, format)
	sum.files += len(keys)
	switch {
	case len(keys) > 1:
		sum.doubled += len(keys) - 1
		x.t.Errorf("%s: %d assets in %s", p.stream, len(keys), format)
	case len(keys) == 0 && p.sent > certain:
		sum.lost++
		x.t.Errorf("%s: no asset in %s although %v were sent", p.stream, format, p.sent)
	}
	if len(keys) == 0 {
		if p.sent > 0 {
			sum.missing = append(sum.missing, p.sent)
		}
		return
	}
	got := x.probe(filepath.Join(x.data(), "recordings", keys[0][0]))
	if got.err != nil {
		sum.undecodable++
		x.t.Errorf("%s: %s: %v", p.stream, keys[0][0], got.err)
		return
	}
	if got.holes > 0 {
		sum.holes += got.holes
		x.t.Errorf("%s: %s: %d holes, or units that are twice there", p.stream, keys[0][0], got.holes)
	}
	sum.missing = append(sum.missing, max(p.sent-got.length, 0))
}

// summary is the table for people.
func (x *torture) summary() string {
	var out strings.Builder
	slices.Sort(x.recovered)
	fmt.Fprintf(&out, "kills %v; all repaired after the start within %v (median), %v (longest); %d events, one of each file\n\n",
		x.kills, x.recovered[len(x.recovered)/2].Round(time.Millisecond), x.recovered[len(x.recovered)-1].Round(time.Millisecond), x.events)
	out.WriteString("| format | files | assets lost | assets doubled | undecodable | holes | lost, s: median | longest |\n" +
		"| ------ | ----- | ----------- | -------------- | ----------- | ----- | --------------- | ------- |\n")
	for _, f := range tortureFormats {
		s := x.tally[f]
		slices.Sort(s.missing)
		median, longest := time.Duration(0), time.Duration(0)
		if n := len(s.missing); n > 0 {
			median, longest = s.missing[n/2], s.missing[n-1]
		}
		fmt.Fprintf(&out, "| %s | %d | %d | %d | %d | %d | %.2f | %.2f |\n",
			f, s.files, s.lost, s.doubled, s.undecodable, s.holes, median.Seconds(), longest.Seconds())
	}
	return out.String()
}
