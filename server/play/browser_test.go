package play

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
	"aircheck/ingest/stream"
	"aircheck/recorder/flv"
	"aircheck/web"
)

// browser is a page of the real Chromium, steered by its DevTools protocol.
type browser struct {
	t    *testing.T
	ws   *websocket.Conn
	next int
}

// browse opens a page. It ends with the test.
func browse(t *testing.T, address string) *browser {
	t.Helper()
	cmd := exec.Command("chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--remote-debugging-port=0",
		"--no-first-run", "--user-data-dir="+t.TempDir(), address)
	errs, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var reading sync.WaitGroup
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		reading.Wait()
		_ = cmd.Wait()
	})
	lines := bufio.NewScanner(errs)
	var tools *url.URL
	for tools == nil && lines.Scan() {
		if _, at, ok := strings.Cut(lines.Text(), "DevTools listening on "); ok {
			if tools, err = url.Parse(at); err != nil {
				t.Fatal(err)
			}
		}
	}
	if tools == nil {
		t.Fatal("chromium does not say where it listens")
	}
	reading.Go(func() {
		for lines.Scan() {
		}
	})
	b := &browser{t: t}
	eventually(t, "the page", func() bool { b.ws = attach(t, tools.Host); return b.ws != nil })
	t.Cleanup(func() { _ = b.ws.CloseNow() })
	return b
}

// attach connects to the first page there is, nil while there is none.
func attach(t *testing.T, host string) *websocket.Conn {
	t.Helper()
	answer, err := http.Get("http://" + host + "/json/list")
	if err != nil {
		return nil
	}
	defer answer.Body.Close()
	var targets []struct{ Type, WebSocketDebuggerURL string }
	if err := json.NewDecoder(answer.Body).Decode(&targets); err != nil {
		t.Fatal(err)
	}
	for _, target := range targets {
		if target.Type == "page" {
			ws, _, err := websocket.Dial(t.Context(), target.WebSocketDebuggerURL, nil)
			if err != nil {
				t.Fatal(err)
			}
			ws.SetReadLimit(1 << 20)
			return ws
		}
	}
	return nil
}

// eval returns the value of an expression as text.
func (b *browser) eval(expression string) string {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.t.Context(), patience)
	defer cancel()
	b.next++
	call, err := json.Marshal(map[string]any{
		"id": b.next, "method": "Runtime.evaluate", "params": map[string]any{"expression": "String(" + expression + ")"},
	})
	if err != nil {
		b.t.Fatal(err)
	}
	if err := b.ws.Write(ctx, websocket.MessageText, call); err != nil {
		b.t.Fatal(err)
	}
	for {
		_, text, err := b.ws.Read(ctx)
		if err != nil {
			b.t.Fatal(err)
		}
		var answer struct {
			ID     int
			Result struct{ Result struct{ Value string } }
		}
		if err := json.Unmarshal(text, &answer); err != nil {
			b.t.Fatal(err)
		}
		if answer.ID == b.next {
			return answer.Result.Result.Value
		}
	}
}

// number returns the value of an expression that is a number, 0 if it is none.
func (b *browser) number(expression string) float64 {
	b.t.Helper()
	v, _ := strconv.ParseFloat(b.eval(expression), 64) // none yet
	return v
}

const picture = `(() => { const v = document.querySelector('video'), c = document.createElement('canvas'), g = c.getContext('2d');
	c.width = c.height = 16; g.drawImage(v, 0, 0, 16, 16);
	return g.getImageData(0, 0, 16, 16).data.reduce((a, x, i) => a + (i % 4 === 3 ? 0 : x), 0) })()`

const state = `document.getElementById('stage').dataset.state`

// pages serves the page and the streams, as the server does.
func (f *fixture) pages(t *testing.T) string {
	mux := http.NewServeMux()
	mux.Handle("/play/", web.Player("/play/"))
	mux.HandleFunc("/play/status", f.ServeStatus)
	mux.Handle("/", f.Server)
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s.URL
}

// broadcast writes a real clip as it plays, again and again, until the test or the stream ends.
func (f *fixture) broadcast(t *testing.T) {
	clip := mediatest.Clip(t, "clip.flv", "25", "-t", "4", "-c:v", "libx264", "-preset", "ultrafast", "-g", "25", "-pix_fmt", "yuv420p", "-c:a", "aac")
	file, err := os.ReadFile(clip)
	if err != nil {
		t.Fatal(err)
	}
	var units []*media.Unit
	for u, err := range (flv.Format{}).Read(bytes.NewReader(file), int64(len(file))) {
		if err != nil {
			t.Fatal(err)
		}
		units = append(units, u)
	}
	length := units[len(units)-1].DTS + 40
	var work sync.WaitGroup
	stop := make(chan struct{})
	t.Cleanup(func() { close(stop); work.Wait() })
	work.Go(func() {
		begin := time.Now()
		for round := int64(0); ; round++ {
			for _, u := range units {
				c := *u
				c.DTS, c.PTS, c.Wall = u.DTS+round*length, u.PTS+round*length, time.Now()
				select {
				case <-time.After(time.Until(begin.Add(c.Time()))):
				case <-stop:
					return
				}
				if f.stream.Write([]*media.Unit{&c}) != nil {
					return
				}
			}
		}
	})
}

// TestPage has Chromium play a live stream on the page, over each way there is, until it ends.
func TestPage(t *testing.T) {
	b := browse(t, "about:blank")
	for _, via := range []string{"", "ws", "hls"} {
		t.Run("via "+via, func(t *testing.T) {
			f := start(t, nil)
			f.broadcast(t)
			b.t = t
			b.eval(`location.href = ` + strconv.Quote(f.pages(t)+"/play/?stream=live/room/show"))
			eventually(t, "the picture", func() bool { return b.eval(state) == "live" })
			if via != "" {
				b.eval(`(() => { const s = document.getElementById('via'); s.value = '` + via + `'; s.dispatchEvent(new Event('change')) })()`)
				eventually(t, "the picture again", func() bool { return b.eval(state) == "live" && b.eval("player && player.via") == via })
			}
			from := b.number(`document.querySelector('video').currentTime`)
			eventually(t, "time to go on", func() bool { return b.number(`document.querySelector('video').currentTime`) > from+1 })
			if sum := b.number(picture); sum < 1000 {
				t.Errorf("the picture is black: %v", sum)
			}
			if text := b.eval(`document.getElementById('codecs').textContent`); !strings.HasPrefix(text, "H.264 320×240") || !strings.Contains(text, "AAC") {
				t.Errorf("codecs: %q", text)
			}
			if b.eval(`document.querySelector('video').muted && !document.getElementById('sound').hidden`) != "true" {
				t.Error("it is not silent, or offers no sound")
			}
			f.stream.End(stream.EndClient, "done")
			eventually(t, "the end to be shown", func() bool { return b.eval(state) == "ended" })
		})
	}
}

// TestPageNames: whatever a stream is called, it is text on the page and nothing else.
func TestPageNames(t *testing.T) {
	f := start(t, nil)
	b := browse(t, "about:blank")
	pages := f.pages(t)
	for _, name := range []string{
		`live/<img src=x onerror=window.hit=1>`, `live/"><script>window.hit=1</script>`, "live/\u202egnp.exe'", `live/javascript:window.hit=1`,
		"live/" + strings.Repeat("ж", 5000),
	} {
		b.eval(`location.href = ` + strconv.Quote(pages+"/play/?stream="+url.QueryEscape(name)))
		want := "waiting"
		if len(name) > 300 {
			want = "error"
		}
		eventually(t, "the page of "+name[:10], func() bool {
			return b.eval(`document.getElementById('name') && document.getElementById('name').textContent === `+strconv.QuoteToASCII(name)) == "true" &&
				b.eval(state) == want
		})
		if b.eval(`window.hit`) != "undefined" || b.eval(`document.querySelectorAll('h1 *, .veil img, code *').length`) != "0" {
			t.Errorf("%q is more than text", name)
		}
		if b.eval(`document.documentElement.scrollWidth <= innerWidth`) != "true" {
			t.Errorf("%.20q makes the page too wide", name)
		}
	}
}
