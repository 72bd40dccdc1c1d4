package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"time"
)

// survival is what became of a recording whose server was killed.
type survival struct {
	// lost is media that was sent and is not in the file.
	lost time.Duration
	// repaired is how long after its start our server had the file in its catalogue.
	repaired time.Duration
}

// kill measures what is lost of a recording when its server is killed.
func (b *bench) kill(ctx context.Context) ([]table, error) {
	clip, err := b.clip(ctx, source1080())
	if err != nil {
		return nil, err
	}
	media, err := readClip(clip)
	if err != nil {
		return nil, err
	}
	targets := []target{b.nginxRTMP("flv")}
	for _, format := range []string{"flv", "hls", "aac", "mp4"} {
		targets = append(targets, b.aircheck("Aircheck "+format, format))
	}
	lost, repaired := make([]samples, len(targets)), make([]samples, len(targets))
	for run := range b.runs {
		all, err := b.killAll(ctx, targets, clip, media)
		if err != nil {
			return nil, err
		}
		for i, s := range all {
			b.logf("run %d: %s: %v lost", run+1, targets[i].name, s.lost)
			lost[i] = append(lost[i], s.lost.Seconds())
			if s.repaired > 0 {
				repaired[i] = append(repaired[i], float64(s.repaired)/1e6)
			}
		}
	}
	t := table{
		title: "Kill",
		note: "Servers are killed (SIGKILL) 5 to 10 s into a push of 4.2 Mbit/s in real time, and Aircheck is " +
			"started again. Lost is the media that was due, " +
			"and so handed to the socket, at the kill, less what is in the file that is left or was repaired. " +
			"nginx-rtmp's file stays as it is.",
		head: []string{"server", "lost, s", "in the catalogue after the start, ms"},
	}
	for i, target := range targets {
		t.row(target.name, lost[i], repaired[i])
	}
	return []table{t}, nil
}

// killAll does it to all targets at once: nothing here is a matter of speed.
func (b *bench) killAll(ctx context.Context, targets []target, clip string, media *clip) ([]survival, error) {
	out, failed := make([]survival, len(targets)), make([]error, len(targets))
	var all sync.WaitGroup
	for i, t := range targets {
		all.Go(func() { out[i], failed[i] = b.killOne(ctx, t, clip, media) })
	}
	all.Wait()
	return out, errors.Join(failed...)
}

// killOne kills one server at a random moment of a push.
func (b *bench) killOne(ctx context.Context, t target, clip string, media *clip) (survival, error) {
	s, err := b.launch(ctx, t)
	if err != nil {
		return survival{}, err
	}
	defer s.close()
	p, err := startPublisher(ctx, job{Address: s.address, Clip: clip, Streams: 1, Speed: 1, Media: time.Minute})
	if err != nil {
		return survival{}, err
	}
	if err := sleep(ctx, 5*time.Second+rand.N(5*time.Second)); err != nil {
		_, _ = p.wait()
		return survival{}, err
	}
	killed := s.kill()
	res, err := p.wait() // the publisher fails, and tells when it began
	if err != nil {
		return survival{}, err
	}
	if res[0].Err == "" || res[0].Start.IsZero() {
		return survival{}, fmt.Errorf("%s: the publisher was not interrupted: %+v", t.name, res[0])
	}
	var out survival
	if s.api != nil {
		if s, out.repaired, err = b.repair(ctx, s, t.format); err != nil {
			return survival{}, fmt.Errorf("%s: %w", t.name, err)
		}
		defer s.close()
	}
	out.lost, err = s.missing(ctx, media, killed.Sub(res[0].Start), t.format)
	return out, err
}

// repair starts our server again on what it left, and waits for the file.
func (b *bench) repair(ctx context.Context, dead *server, format string) (*server, time.Duration, error) {
	began := time.Now()
	s, err := b.startAircheck(ctx, dead.dir, format)
	if err != nil {
		return nil, 0, err
	}
	for end := began.Add(patience); time.Now().Before(end); {
		assets, err := s.api.assets(ctx, streamName(0))
		if err == nil && len(assets) == 1 && assets[0].ready() {
			return s, time.Since(began), nil
		}
		if err == nil {
			err = sleep(ctx, 2*time.Millisecond)
		}
		if err != nil {
			s.close()
			return nil, 0, err
		}
	}
	s.close()
	return nil, 0, errors.New("the recording was not repaired")
}

// missing compares the file of the first stream with what was due after d. Sound is what counts where the format has no pictures.
func (s *server) missing(ctx context.Context, media *clip, d time.Duration, format string) (time.Duration, error) {
	files, err := s.files(streamName(0))
	if err != nil {
		return 0, err
	}
	if len(files) != 1 {
		return 0, fmt.Errorf("%d files in %s, 1 is expected", len(files), filepath.Join(s.dir, s.recorded))
	}
	got, err := packets(ctx, files)
	if err != nil {
		return 0, err
	}
	due, round := media.until(d), media.until(media.length-1)
	if format == "aac" {
		return media.length * time.Duration(due.Audio-got.Audio) / time.Duration(round.Audio), nil
	}
	return media.length * time.Duration(due.Video-got.Video) / time.Duration(round.Video), nil
}
