package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// ready measures how long after its publisher's goodbye a recording of an hour is finished, in place and in the catalogue.
func (b *bench) ready(ctx context.Context) ([]table, error) {
	const hour = time.Hour
	small, err := b.clip(ctx, sourceSmall())
	if err != nil {
		return nil, err
	}
	large, err := b.clip(ctx, source1080())
	if err != nil {
		return nil, err
	}
	t := table{
		title: "Ready",
		note: "From the publisher's goodbye until the catalogue shows an MP4 of one hour as finished, in ms. The " +
			"media was sent at full speed; before " +
			"the goodbye the server was idle and all of it on disk, as nearly all is when an hour was recorded in real " +
			"time. The catalogue was asked every millisecond. For comparison, what one append of 4 KiB and " +
			"its fsync take on the same disk. Of fewer than 100, p99 is the longest.",
		head: []string{"", "n", "p50", "p99", "longest"},
	}
	syncs, err := b.syncTimes(200)
	if err != nil {
		return nil, err
	}
	times, err := b.readyTimes(ctx, job{Clip: small, Streams: 1, Media: hour}, pick(b, 5, max(20, 6*b.runs)))
	if err != nil {
		return nil, err
	}
	t.row("Aircheck, 300 kbit/s", len(times), number(times.percentile(50)), number(times.percentile(99)), number(times.percentile(100)))
	times, err = b.readyTimes(ctx, job{Clip: large, Streams: 1, Media: hour}, pick(b, 1, b.runs))
	if err != nil {
		return nil, err
	}
	t.row("Aircheck, 4.2 Mbit/s", len(times), number(times.percentile(50)), number(times.percentile(99)), number(times.percentile(100)))
	after, err := b.syncTimes(200)
	if err != nil {
		return nil, err
	}
	syncs = append(syncs, after...)
	t.row("append 4 KiB, fsync", len(syncs), number(syncs.percentile(50)), number(syncs.percentile(99)), number(syncs.percentile(100)))
	return []table{t}, nil
}

// readyTimes are in ms. All are taken from one server; each file is deleted when it is done.
func (b *bench) readyTimes(ctx context.Context, j job, n int) (samples, error) {
	s, err := b.launch(ctx, b.aircheck("Aircheck mp4", "mp4"))
	if err != nil {
		return nil, err
	}
	defer s.close()
	c, err := readClip(j.Clip)
	if err != nil {
		return nil, err
	}
	j.Address = s.address
	var out samples
	for i := range n {
		took, err := s.readyTime(ctx, newPush(j, c), fmt.Sprint("ready", i))
		if err != nil {
			return nil, err
		}
		out = append(out, float64(took)/1e6)
		b.logf("%v of %s ready after %v", j.Media, filepath.Base(j.Clip), took.Round(10*time.Microsecond))
	}
	return out, nil
}

// readyTime measures one recording.
func (s *server) readyTime(ctx context.Context, p *push, stream string) (time.Duration, error) {
	c, err := dial(ctx, p.Address, stream, false)
	if err != nil {
		return 0, err
	}
	defer c.close()
	if err := p.send(ctx, c); err != nil {
		return 0, err
	}
	if _, err := s.settle(ctx); err != nil {
		return 0, err
	}
	syncDisks() // an hour that came within seconds is not there yet; in real time it would be
	assets, err := s.api.assets(ctx, stream)
	if err != nil {
		return 0, err
	}
	if len(assets) != 1 || assets[0].ready() {
		return 0, fmt.Errorf("%s has the assets %+v, one that is being recorded is expected", stream, assets)
	}
	id := assets[0].FileID
	began := time.Now()
	if err := c.end(); err != nil {
		return 0, err
	}
	if err := s.awaitReady(ctx, id); err != nil {
		return 0, err
	}
	took := time.Since(began)
	if err := s.checkLength(ctx, stream, p.res.count); err != nil {
		return 0, err
	}
	return took, s.api.remove(ctx, id)
}

// awaitReady asks for a file until it is finished.
func (s *server) awaitReady(ctx context.Context, id string) error {
	for end := time.Now().Add(patience); time.Now().Before(end); {
		a, err := s.api.asset(ctx, id)
		if err != nil || a.ready() {
			return err
		}
		if err := sleep(ctx, time.Millisecond); err != nil {
			return err
		}
	}
	return errors.New("a recording was not finished in time")
}

// checkLength counts the packets: a file that is ready early but lacks some would be worth nothing.
func (s *server) checkLength(ctx context.Context, stream string, sent count) error {
	v, err := verifyStream(ctx, s, stream, sent)
	if err != nil {
		return err
	}
	if v.whole != 1 {
		return fmt.Errorf("%s lacks %d of %d packets", stream, v.lost, v.sent)
	}
	return nil
}

// syncTimes appends 4 KiB to a file and syncs it, n times, in ms.
func (b *bench) syncTimes(n int) (samples, error) {
	path := filepath.Join(b.dir, "sync")
	f, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.Remove(path) }()
	defer func() { _ = f.Close() }()
	block := make([]byte, 4096)
	var out samples
	for range n {
		began := time.Now()
		if _, err := f.Write(block); err != nil {
			return nil, err
		}
		if err := f.Sync(); err != nil {
			return nil, err
		}
		out = append(out, float64(time.Since(began))/1e6)
	}
	return out, nil
}
