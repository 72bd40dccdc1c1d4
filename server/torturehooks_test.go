package server

import (
	"crypto/hmac"
	"crypto/md5" //nolint:gosec // the wire format's hash
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// hooksKey signs the callbacks of TestTorture.
const hooksKey = "what only two know"

// hooks receives the callbacks of a server that is killed. It fails in one of ten cases.
type hooks struct {
	address string

	mu  sync.Mutex
	rnd *rand.Rand
	// told are the events that have arrived, by number: it was said so, or would have been, had the connection not been broken then.
	told map[int64]*hooked
	// latest is the highest number that has arrived of a stream.
	latest map[string]int64
	// refused and broken count failures of the receiver's own, overtaken events that came after a later one of their stream.
	posts, refused, broken, overtaken int
	wrong                             []string
}

// hooked is an event that has arrived.
type hooked struct {
	kind           int
	file, sequence string
	stream         string
	times          int
}

// openHooks receives until the test ends.
func openHooks(t *testing.T, seed uint64) *hooks {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h := &hooks{
		address: listener.Addr().String(), rnd: rand.New(rand.NewPCG(seed, 1)), told: map[int64]*hooked{}, latest: map[string]int64{},
	}
	server := &http.Server{Handler: h, ReadHeaderTimeout: time.Minute}
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })
	return h
}

// ServeHTTP receives one try.
func (h *hooks) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // it was killed
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.posts++
	switch luck := h.rnd.IntN(30); luck {
	case 0:
		h.refused++
		w.WriteHeader(http.StatusInternalServerError)
	case 1, 2:
		h.broken++
		if luck == 2 {
			h.take(r.Header, body)
		}
		panic(http.ErrAbortHandler)
	default:
		h.take(r.Header, body)
	}
}

// take checks an event and counts it.
func (h *hooks) take(header http.Header, body []byte) {
	var e struct {
		ID       string `json:"event_id"`
		Type     int    `json:"event_type"`
		Stream   string `json:"stream_id"`
		File     string `json:"file_id"`
		Sequence string `json:"sequence"`
		T        int64  `json:"t"`
		Sign     string `json:"sign"`
	}
	e.Type = -1
	err := json.Unmarshal(body, &e)
	mac := hmac.New(sha256.New, []byte(hooksKey))
	mac.Write(body)
	sum := md5.Sum([]byte(hooksKey + strconv.FormatInt(e.T, 10))) //nolint:gosec // the wire format's hash
	signature := header.Get("X-Aircheck-Signature")
	id, _ := strconv.ParseInt(e.ID, 10, 64)
	if err != nil || id <= 0 || e.ID != header.Get("X-Aircheck-Event-Id") || e.Type < 0 ||
		signature != hex.EncodeToString(mac.Sum(nil)) || e.Sign != hex.EncodeToString(sum[:]) || e.T <= time.Now().Unix() {
		h.wrong = append(h.wrong, fmt.Sprintf("%v: %s, signed %q", err, body, signature))
		return
	}
	if before := h.told[id]; before != nil {
		before.times++
		if before.kind != e.Type || before.file != e.File || before.sequence != e.Sequence || before.stream != e.Stream {
			h.wrong = append(h.wrong, fmt.Sprintf("event %d was %+v, and is %s", id, *before, body))
		}
		return
	}
	h.told[id] = &hooked{kind: e.Type, file: e.File, sequence: e.Sequence, stream: e.Stream, times: 1}
	if id < h.latest[e.Stream] && header.Get("X-Aircheck-Late") == "" {
		h.overtaken++
	}
	h.latest[e.Stream] = max(h.latest[e.Stream], id)
}

// hookKinds are the columns of the summary.
var hookKinds = []string{"100", "1", "0", "332", "341"}

// hookSum is what became of the events of one type.
type hookSum struct {
	rows, missing, doubled, again int
}

// checkHooks waits until everything is delivered, and compares what has arrived with the database: every event, one of each file, and
// one end of each push that began.
func (x *torture) checkHooks() {
	x.eventually("the deliveries", func() bool {
		return len(x.query("SELECT id FROM events WHERE state NOT IN ('delivered')")) == 0
	})
	h := x.hooks
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, w := range h.wrong {
		x.t.Errorf("a callback is not what it should be: %s", w)
	}
	if h.overtaken > 0 {
		x.t.Errorf("%d events came after a later one of their stream", h.overtaken)
	}
	x.told = map[string]*hookSum{}
	for _, kind := range hookKinds {
		x.told[kind] = &hookSum{}
	}
	for _, row := range x.query("SELECT id, type, stream FROM events") {
		id, _ := strconv.ParseInt(row[0], 10, 64)
		sum, got := x.told[row[1]], h.told[id]
		sum.rows++
		if got == nil || strconv.Itoa(got.kind) != row[1] || got.stream != row[2] {
			sum.missing++
			x.t.Errorf("event %s of type %s has not arrived", row[0], row[1])
			continue
		}
		sum.again += got.times - 1
	}
	x.checkOnce("100", "file", h.by("100", func(e *hooked) string { return e.file }), x.query("SELECT id FROM assets"))
	begun := h.by("1", func(e *hooked) string { return e.sequence })
	var sequences [][]string
	pushes := map[string]int{}
	for sequence, stream := range begun {
		sequences = append(sequences, []string{sequence})
		pushes[stream[0]]++
	}
	x.checkOnce("1", "push", begun, sequences)
	x.checkOnce("0", "push", h.by("0", func(e *hooked) string { return e.sequence }), sequences)
	for stream, n := range x.begun {
		if pushes[stream] < n {
			x.told["1"].missing += n - pushes[stream]
			x.t.Errorf("%d pushes of %s, and %d have begun", n, stream, pushes[stream])
		}
	}
}

// by lists the streams of the events of a type, by what must be told once.
func (h *hooks) by(kind string, what func(*hooked) string) map[string][]string {
	out := map[string][]string{}
	for _, e := range h.told {
		if strconv.Itoa(e.kind) == kind {
			out[what(e)] = append(out[what(e)], e.stream)
		}
	}
	return out
}

// checkOnce tells unless there is one event of each, and no other.
func (x *torture) checkOnce(kind, what string, got map[string][]string, want [][]string) {
	sum := x.told[kind]
	for _, w := range want {
		switch n := len(got[w[0]]); {
		case n == 0:
			sum.missing++
			x.t.Errorf("no event %s of %s %s", kind, what, w[0])
		case n > 1:
			sum.doubled += n - 1
			x.t.Errorf("%d events %s of %s %s: %v", n, kind, what, w[0], got[w[0]])
		}
		delete(got, w[0])
	}
	if len(got) > 0 {
		sum.doubled += len(got)
		x.t.Errorf("events %s of no %s: %v", kind, what, got)
	}
}

// hooksSummary is the table of callbacks for people.
func (x *torture) hooksSummary() string {
	var out strings.Builder
	h := x.hooks
	fmt.Fprintf(&out, "%d callbacks, %d of them refused and %d hung up on by the receiver; %d wrongly signed, %d out of order\n\n",
		h.posts, h.refused, h.broken, len(h.wrong), h.overtaken)
	out.WriteString("| event | in the database | not arrived | doubled | came again |\n| ----- | ---- | ---- | ---- | ---- |\n")
	for _, kind := range hookKinds {
		s := x.told[kind]
		fmt.Fprintf(&out, "| %s | %d | %d | %d | %d |\n", kind, s.rows, s.missing, s.doubled, s.again)
	}
	return out.String()
}
