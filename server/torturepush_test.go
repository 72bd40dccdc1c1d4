package server

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// tortured is a push to a server that is killed.
type tortured struct {
	stream string
	sound  bool
	cmd    *exec.Cmd
	done   chan struct{}
	// sent is how much media ffmpeg had sent when it last said so.
	sent time.Duration
	// began is when ffmpeg first said that it had sent something, ended when it noticed that its server was gone.
	began, ended time.Time
}

// formats are those in which it is recorded.
func (p *tortured) formats() []string {
	if p.sound {
		return tortureFormats
	}
	return tortureFormats[:len(tortureFormats)-1]
}

// push pushes a clip in real time as soon as the server listens.
func (x *torture) push(app, stream, clip string, sound bool) *tortured {
	p := &tortured{stream: stream, sound: sound, done: make(chan struct{})}
	x.eventually("the server", func() bool {
		c, err := net.Dial("tcp", x.rtmp)
		return err == nil && c.Close() == nil
	})
	p.cmd = exec.Command("ffmpeg", "-v", "quiet", "-nostats", "-progress", "pipe:1", "-stats_period", "0.02", "-re", "-i", clip,
		"-c", "copy", "-f", "flv", "rtmp://"+x.rtmp+"/"+app+"/"+stream)
	out, err := p.cmd.StdoutPipe()
	if err == nil {
		err = p.cmd.Start()
	}
	if err != nil {
		x.t.Fatal(err)
	}
	go func() {
		defer close(p.done)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if us, ok := strings.CutPrefix(lines.Text(), "out_time_us="); ok {
				if n, err := strconv.ParseInt(us, 10, 64); err == nil && n > 0 {
					if p.began.IsZero() {
						p.began = time.Now()
					}
					p.sent = time.Duration(n) * time.Microsecond
				}
			}
		}
		_ = p.cmd.Wait()
		p.ended = time.Now()
	}()
	x.running = append(x.running, p)
	return p
}

// wait waits until ffmpeg has noticed that its server is gone.
func (p *tortured) wait() { <-p.done }

// probed is what ffmpeg says of a file.
type probed struct {
	// length is from the first unit to the end of the last, holes how many units of the longest track do not follow the one before.
	length time.Duration
	holes  int
	err    error
}

// probe decodes a file and measures it. more are options of ffmpeg.
func (x *torture) probe(name string, more ...string) (out probed) {
	decode := exec.Command("ffmpeg", slices.Concat([]string{"-v", "error", "-i", name}, more, []string{"-f", "null", "-"})...)
	if said, err := decode.CombinedOutput(); err != nil || len(said) > 0 {
		out.err = fmt.Errorf("%w: %s", errors.Join(errors.New("it cannot be decoded"), err), said)
		return out
	}
	text, err := exec.Command("ffprobe", "-v", "error", "-show_entries", "packet=stream_index,dts_time,duration_time", "-of", "csv=p=0", name).Output()
	if err != nil {
		out.err = err
		return out
	}
	in := csv.NewReader(bytes.NewReader(text))
	in.FieldsPerRecord = -1 // side data adds fields
	rows, err := in.ReadAll()
	if err != nil {
		out.err = err
		return out
	}
	first, last := map[string]float64{}, map[string]float64{}
	for _, row := range rows {
		at, err := strconv.ParseFloat(row[1], 64)
		length, err2 := strconv.ParseFloat(row[2], 64)
		if err != nil || err2 != nil {
			continue
		}
		if before, ok := last[row[0]]; !ok {
			first[row[0]] = at
		} else if at < before-0.015 || at > before+0.015 {
			out.holes++
		}
		last[row[0]] = at + length
		out.length = max(out.length, time.Duration((last[row[0]]-first[row[0]])*float64(time.Second)))
	}
	return out
}

// freePort is an address on which nobody listens, outside of the ports that the system gives to those who connect.
func freePort(t *testing.T) string {
	t.Helper()
	for {
		address := fmt.Sprint("127.0.0.1:", 20000+rand.IntN(10000))
		if l, err := net.Listen("tcp", address); err == nil {
			_ = l.Close()
			return address
		}
	}
}
