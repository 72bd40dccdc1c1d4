package main

import (
	"context"
	"fmt"
	"sync"
	"time"
)

const (
	// latencyPictures and latencyJoins are how many are measured of each way, over all runs together.
	latencyPictures, latencyJoins = 500, 20
	// firstPictures are those after a player's coming that are told apart.
	firstPictures = 10
	// alone is how long nobody watches between two players, so that the stream is gathered as one that is only recorded.
	alone = 450 * time.Millisecond
)

// delays are how long pictures took from the publisher's write to the player's read, in ms.
type delays struct {
	audience
	steady, first samples
	// joins is how many players come for their first pictures.
	joins int
}

// latency measures how late a player sees what is pushed.
func (b *bench) latency(ctx context.Context) ([]table, error) {
	clip, err := b.clip(ctx, source1080())
	if err != nil {
		return nil, err
	}
	prompt := b.aircheck("Aircheck, read every 10 ms", "flv", "AIRCHECK_RTMP_TICK=10ms", "AIRCHECK_RTMP_LIVE_TICK=10ms")
	own := b.aircheck("Aircheck", "flv")
	all := []*delays{{audience: audience{b.nginxRTMP("flv"), overRTMP}}} // its players wait for the next key frame: no first pictures
	for _, a := range []audience{{prompt, overRTMP}, {prompt, overFLV}, {own, overRTMP}, {own, overFLV}} {
		all = append(all, &delays{audience: a, joins: latencyJoins})
	}
	for run := range b.runs {
		for _, d := range all {
			if err := b.delay(ctx, d, clip); err != nil {
				return nil, fmt.Errorf("%s, %s: %w", d.name, d.face, err)
			}
			b.logf("run %d: %s, %s: median %.1f ms, p99 %.1f ms; first pictures %.1f, %.1f ms", run+1, d.name, d.face,
				d.steady.median(), d.steady.percentile(99), d.first.median(), d.first.percentile(99))
		}
	}
	t := table{
		title: "Live latency",
		note: fmt.Sprintf("From the publisher's write of a picture until a player has read its last byte, in ms, on one push of 4.2 Mbit/s and "+
			"25 pictures a second that is recorded as FLV. Each picture is told by its bytes. nginx-rtmp reads every segment as it comes. "+
			"First pictures are the %d that were sent after a player asked for a stream that nobody was watching; %d players came so, after "+
			"different times. nginx-rtmp has its players wait for the next key frame.", firstPictures, len(all[1].first)/firstPictures),
		head: []string{"server", "pictures", "median", "p99", "first pictures: median", "p99", "longest"},
	}
	for _, d := range all {
		t.row(d.name+", "+d.face, len(d.steady), number(d.steady.median()), number(d.steady.percentile(99)),
			number(d.first.median()), number(d.first.percentile(99)), number(d.first.percentile(100)))
	}
	return []table{t}, nil
}

// delay measures one way once.
func (b *bench) delay(ctx context.Context, d *delays, clip string) error {
	c, err := readClip(clip)
	if err != nil {
		return err
	}
	s, err := b.launch(ctx, d.target)
	if err != nil {
		return err
	}
	defer s.close()
	p := &timed{clip: c}
	conn, err := dial(ctx, s.address, streamName(0), false)
	if err != nil {
		return err
	}
	defer conn.close()
	ctx, cancel := context.WithTimeout(ctx, c.length)
	var sending sync.WaitGroup
	var failed error
	sending.Go(func() { failed = p.send(ctx, conn) })
	err = b.look(ctx, d, p, s.playAddress(d.face))
	cancel()
	sending.Wait()
	if err != nil {
		return fmt.Errorf("%w (the publisher: %w)", err, failed)
	}
	return nil
}

// look has players come one after the other: some for their first pictures, the last for many.
func (b *bench) look(ctx context.Context, d *delays, p *timed, address string) error {
	if err := awaitLive(ctx, d.face, address, streamName(0)); err != nil {
		return err
	}
	script := scripts(p.clip, p.clip.length)
	per := func(n int) int { return (n + b.runs - 1) / b.runs }
	joins := per(d.joins)
	for n := range joins {
		// Each comes at another moment of whatever rhythm the server has.
		if err := sleep(ctx, alone+time.Duration(n)*200*time.Millisecond/time.Duration(joins)); err != nil {
			return err
		}
		first, err := p.follow(ctx, d.face, address, script, firstPictures)
		if err != nil {
			return err
		}
		d.first = append(d.first, first...)
	}
	steady, err := p.follow(ctx, d.face, address, script, firstPictures+per(latencyPictures))
	if err == nil {
		d.steady = append(d.steady, steady[firstPictures:]...)
	}
	return err
}

// timed is a publisher that remembers when it sent each picture.
type timed struct {
	clip *clip

	mu   sync.Mutex
	sent []time.Time // by the picture's number
}

// send publishes the clip once, in real time. Each tag is written when it is due.
func (p *timed) send(ctx context.Context, c *client) error {
	begin := time.Now()
	for i := range p.clip.tags {
		t := &p.clip.tags[i]
		if err := sleep(ctx, time.Until(begin.Add(t.at))); err != nil {
			return err
		}
		if t.kind == tagVideo && !t.config {
			p.mu.Lock()
			p.sent = append(p.sent, time.Now())
			p.mu.Unlock()
		}
		c.tag(t, t.at, nil)
		if err := c.flush(); err != nil {
			return err
		}
	}
	return nil
}

// at is when a picture was sent.
func (p *timed) at(n int) time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.sent[n]
}

// follow has a player come and returns the delays of the first pictures that were sent after that.
func (p *timed) follow(ctx context.Context, face, address string, s map[byte]*script, pictures int) (samples, error) {
	v, err := newViewer(ctx, face, address, streamName(0), s, viewerWindow)
	if err != nil {
		return nil, err
	}
	defer func() { _ = v.conn.Close() }()
	var out samples
	v.seen = func(n int) {
		if sent := p.at(n); !sent.Before(v.asked) && len(out) < pictures {
			out = append(out, float64(time.Since(sent))/float64(time.Millisecond))
		}
	}
	if err := v.watch(ctx, func() bool { return len(out) >= pictures }); err != nil {
		return nil, err
	}
	if v.missing+v.foreign > 0 {
		return nil, fmt.Errorf("%d tags are missing, %d are wrong", v.missing, v.foreign)
	}
	return out, nil
}
