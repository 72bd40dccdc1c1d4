package main

import (
	"context"
	"fmt"
	"time"
)

// steady is the state of a server in the middle of a job.
type steady struct {
	core    float64 // percent of one
	rss     int64   // bytes
	late    time.Duration
	verdict verdict
}

// density measures how little many publishers need.
func (b *bench) density(ctx context.Context) ([]table, error) {
	clip, err := b.clip(ctx, source360())
	if err != nil {
		return nil, err
	}
	j := job{Clip: clip, Streams: 200, Ramp: 4 * time.Second, Speed: 1, Media: pick(b, 14*time.Second, 30*time.Second)}
	targets := []target{b.nginxRTMP("flv"), b.aircheck("Aircheck mp4", "mp4")}
	core, rss, late := make([]samples, len(targets)), make([]samples, len(targets)), make([]samples, len(targets))
	whole := make([]verdict, len(targets))
	for run := range b.runs {
		for i, t := range targets {
			s, err := b.steadyState(ctx, t, j)
			if err != nil {
				return nil, err
			}
			b.logf("run %d: %s: %.1f %% of a core", run+1, t.name, s.core)
			core[i], rss[i] = append(core[i], s.core), append(rss[i], float64(s.rss)/1e6)
			late[i] = append(late[i], float64(s.late)/1e6)
			whole[i].add(s.verdict)
		}
	}
	t := table{
		title: "Density",
		note: fmt.Sprintf("%d pushes of 1.03 Mbit/s (640x360, 25 pictures a second, and AAC) in real time for %v. "+
			"Processor and memory are those of the "+
			"steady state, while all of them push. Every packet of every file was counted.", j.Streams, j.Media),
		head: []string{"server", "% of a core", "RSS, MB", "complete", "publishers late by, ms"},
	}
	for i, target := range targets {
		t.row(target.name, core[i], rss[i], whole[i], late[i])
	}
	return []table{t}, nil
}

// settling is left out at both ends of the time in which all streams are published.
const settling = 2 * time.Second

// steadyState measures a target while all streams of a job are published.
func (b *bench) steadyState(ctx context.Context, t target, j job) (steady, error) {
	s, err := b.launch(ctx, t)
	if err != nil {
		return steady{}, err
	}
	defer s.close()
	j.Address = s.address
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	p, err := startPublisher(ctx, j)
	if err != nil {
		return steady{}, err
	}
	st, err := s.observe(ctx, j)
	if err != nil {
		cancel()
		_, _ = p.wait()
		return steady{}, err
	}
	res, err := p.all()
	if err != nil {
		return steady{}, fmt.Errorf("%s: %w", t.name, err)
	}
	if _, err := s.settle(ctx); err != nil {
		return steady{}, err
	}
	st.late = latest(res)
	st.verdict, err = verify(ctx, s, res, 1)
	return st, err
}

// observe watches a server while a job that has just begun is in its steady state: from the end of the ramp until the first stream ends.
func (s *server) observe(ctx context.Context, j job) (steady, error) {
	if err := sleep(ctx, j.Ramp+settling); err != nil {
		return steady{}, err
	}
	before, err := s.cpu()
	if err != nil {
		return steady{}, err
	}
	began := time.Now()
	if err := sleep(ctx, j.Media-j.Ramp-2*settling); err != nil {
		return steady{}, err
	}
	after, err := s.cpu()
	if err != nil {
		return steady{}, err
	}
	took := time.Since(began)
	m, err := s.memory()
	return steady{core: 100 * float64(after-before) / float64(took), rss: m.own + m.code}, err
}
