package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"
)

// discardVariable has the tests of ingest/rtsp be a server that reads and discards, by the library alone.
const discardVariable = "AIRCHECK_RTSP_DISCARD"

// overRTSP measures pushes over RTSP and TCP, beside what the library needs to read them and do nothing with them.
func (b *bench) overRTSP(ctx context.Context) ([]table, error) {
	clip, err := b.clip(ctx, source1080())
	if err != nil {
		return nil, err
	}
	library, err := b.library(ctx)
	if err != nil {
		return nil, err
	}
	const streams = 12
	length := pick(b, 8*time.Second, 30*time.Second)
	targets := []target{library, b.aircheckOverRTSP()}
	all := make([]costs, len(targets))
	for run := range b.runs {
		for i, t := range targets {
			all[i].target = t
			c, err := b.rtspCost(ctx, t, clip, streams, length)
			if err != nil {
				return nil, err
			}
			all[i].add(c)
			b.logf("run %d: %s: %.2f CPU-s/GB", run+1, t.name, c.perGB())
		}
	}
	t := table{
		title: "RTSP",
		note: fmt.Sprintf("%d pushes of 4.2 Mbit/s (1080p25 and AAC) by ffmpeg over TCP, %v each, in real time. The first row is gortsplib by itself, "+
			"which reads the packets and does nothing with them. A GB is one of the source; the clock's tick is %s CPU-s/GB. Every picture of "+
			"every file was counted.", streams, length, number(all[0].resolution)),
		head: []string{"server", "CPU-s/GB", "× library", "peak RSS, MB", "complete"},
	}
	for i, c := range all {
		complete := "-"
		if i > 0 {
			complete = c.verdict.String()
		}
		t.row(c.target.name, c.perGB, c.perGB.over(all[0].perGB), c.peak, complete)
	}
	return []table{t}, nil
}

// library is gortsplib, reading and discarding.
func (b *bench) library(ctx context.Context) (target, error) {
	program := filepath.Join(b.dir, "rtsp.test")
	build := exec.CommandContext(ctx, "go", "test", "-c", "-o", program, "./ingest/rtsp")
	if out, err := build.CombinedOutput(); err != nil {
		return target{}, fmt.Errorf("build the library's server: %w\n%s", err, out)
	}
	return target{name: "gortsplib, discarding", start: func(ctx context.Context, dir string) (*server, error) {
		address, err := freeAddress()
		if err != nil {
			return nil, err
		}
		p, err := startProcess(dir, []string{discardVariable + "=" + address}, program)
		if err != nil {
			return nil, err
		}
		return &server{process: p, dir: dir, address: address}, p.await(ctx, "listener", listens(address))
	}}, nil
}

// aircheckOverRTSP is our server as it takes RTSP.
func (b *bench) aircheckOverRTSP() target {
	return target{name: "Aircheck mp4", format: "mp4", start: func(ctx context.Context, dir string) (*server, error) {
		address, err := freeAddress()
		if err != nil {
			return nil, err
		}
		s, err := b.aircheck("", "mp4", "AIRCHECK_RTSP_ADDRESS="+address).start(ctx, dir)
		if err != nil {
			return nil, err
		}
		s.address = address
		return s, nil
	}}
}

// rtspCost has a target take pushes in a fresh folder.
func (b *bench) rtspCost(ctx context.Context, t target, source string, streams int, length time.Duration) (cost, error) {
	s, err := b.launch(ctx, t)
	if err != nil {
		return cost{}, err
	}
	defer s.close()
	before, err := s.cpu()
	if err != nil {
		return cost{}, err
	}
	begin := time.Now()
	if err := pushRTSP(ctx, s.address, source, streams, length); err != nil {
		return cost{}, fmt.Errorf("%s: %w", t.name, err)
	}
	took := time.Since(begin)
	after, err := s.settle(ctx)
	if err != nil {
		return cost{}, err
	}
	m, err := s.memory()
	if err != nil {
		return cost{}, err
	}
	info, err := os.Stat(source)
	if err != nil {
		return cost{}, err
	}
	clip, err := readClip(source)
	if err != nil {
		return cost{}, err
	}
	gb := float64(info.Size()) * length.Seconds() / clip.length.Seconds() * float64(streams) / 1e9
	c := cost{gb: gb, cpu: after - before, peak: m.peak, took: took}
	if t.format == "" {
		return c, nil
	}
	for n := range streams {
		v, err := verifyPictures(ctx, s, streamName(n), int(length.Seconds()*25))
		if err != nil {
			return cost{}, err
		}
		c.verdict.add(v)
	}
	return c, nil
}

// verifyPictures counts the pictures recorded of a stream. Of the sound ffmpeg keeps back the last frames, so it is not counted.
func verifyPictures(ctx context.Context, s *server, stream string, pictures int) (verdict, error) {
	files, err := s.files(stream)
	if err != nil {
		return verdict{}, err
	}
	got, err := packets(ctx, files)
	if err != nil {
		return verdict{}, err
	}
	v := verdict{streams: 1, sent: pictures, lost: max(0, pictures-got.Video)}
	if v.lost == 0 {
		v.whole = 1
	}
	return v, nil
}

// pushRTSP has ffmpeg push a clip, over and over, as many times at once.
func pushRTSP(ctx context.Context, address, source string, streams int, length time.Duration) error {
	failed := make([]error, streams)
	var all sync.WaitGroup
	for n := range streams {
		all.Go(func() {
			cmd := exec.CommandContext(ctx, "ffmpeg", "-v", "error", "-nostdin", "-re", "-stream_loop", "-1",
				"-t", strconv.FormatFloat(length.Seconds(), 'f', 3, 64), "-i", source, "-c", "copy",
				"-f", "rtsp", "-rtsp_transport", "tcp", "rtsp://"+address+"/"+app+"/"+streamName(n))
			var said bytes.Buffer
			cmd.Stderr = &said
			if err := cmd.Run(); err != nil {
				failed[n] = fmt.Errorf("ffmpeg: %w: %s", err, strings.TrimSpace(said.String()))
			}
		})
	}
	all.Wait()
	for _, err := range failed {
		if err != nil {
			return err
		}
	}
	return nil
}
