package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

// bench is what all scenarios share.
type bench struct {
	// binary is our server, nginx theirs.
	binary, nginx string
	// cache holds the clips, dir everything that is removed in the end.
	cache, dir string
	runs       int
	quick      bool
	out        io.Writer
	began      time.Time
}

// scenario is one thing to measure.
type scenario struct {
	name, what string
	run        func(*bench, context.Context) ([]table, error)
}

// scenarios are all there are, in the order they are run.
func scenarios() []scenario {
	return []scenario{
		{"floor", "processor time of TCP to file", (*bench).floor},
		{"realtime", "processor time of 40 pushes of 4.2 Mbit/s in real time", (*bench).realtime},
		{"rewind", "what the ring of the last minutes adds to 40 pushes of 4.2 Mbit/s", (*bench).rewind},
		{"rtsp", "processor time of 12 pushes of 4.2 Mbit/s over RTSP, beside the library alone", (*bench).overRTSP},
		{"density", "processor and memory of 200 pushes of 1 Mbit/s", (*bench).density},
		{"players", "processor time of 500 players of one push of 4.2 Mbit/s", (*bench).players},
		{"latency", "time from a publisher's picture to its player", (*bench).latency},
		{"fullspeed", "processor time of one push as fast as it goes", (*bench).fullspeed},
		{"ready", "time from the publisher's goodbye to the finished file", (*bench).ready},
		{"catalogue", "searches in a catalogue of a million files", (*bench).catalogue},
		{"kill", "media lost when a server is killed", (*bench).kill},
		{"links", "single publishers that are fast, or far away", (*bench).links},
		{"long", "memory over long recordings", (*bench).long},
	}
}

// logf tells how far the program is.
func (b *bench) logf(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "%7.1fs  %s\n", time.Since(b.began).Seconds(), fmt.Sprintf(format, args...))
}

// prepare finds what is to be measured and makes the folders.
func (b *bench) prepare() error {
	var err error
	if b.binary, err = filepath.Abs(b.binary); err != nil {
		return err
	}
	if _, err = os.Stat(b.binary); err != nil {
		return fmt.Errorf("our server is missing, build it with make build: %w", err)
	}
	if b.nginx, err = findNginx(); err != nil {
		return err
	}
	if err := requirePrograms("ffmpeg", "ffprobe"); err != nil {
		return err
	}
	if err := os.MkdirAll(b.cache, 0o755); err != nil {
		return err
	}
	b.dir, err = os.MkdirTemp(b.cache, "run-")
	return err
}

// perform runs one scenario and prints its tables.
func (b *bench) perform(ctx context.Context, s scenario) error {
	b.logf("%s: %s", s.name, s.what)
	tables, err := s.run(b, ctx)
	if err != nil {
		return fmt.Errorf("%s: %w", s.name, err)
	}
	for _, t := range tables {
		if err := t.write(b.out); err != nil {
			return err
		}
	}
	return nil
}

// pick chooses the short version of something, or the whole.
func pick[T any](b *bench, short, whole T) T {
	if b.quick {
		return short
	}
	return whole
}
