package main

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// audience is a target and how it is played from.
type audience struct {
	target
	face string
}

// shown is what one run of an audience came to.
type shown struct {
	cpu     time.Duration
	played  played
	late    time.Duration
	verdict verdict
}

// showing is what all runs of an audience came to.
type showing struct {
	audience
	perGB, cpu, late samples
	verdict          verdict
	// sum is that of all players of all runs.
	sum     played
	players int
}

func (s *showing) add(r shown, players int) {
	s.cpu = append(s.cpu, r.cpu.Seconds())
	s.perGB = append(s.perGB, r.cpu.Seconds()/(float64(r.played.Bytes)/1e9))
	s.late = append(s.late, float64(r.late)/1e6)
	s.verdict.add(r.verdict)
	s.players += players
	s.sum.Complete += r.played.Complete
	s.sum.Missing += r.played.Missing
	s.sum.Foreign += r.played.Foreign
	s.sum.Failed += r.played.Failed
	if r.played.Err != "" {
		s.sum.Err = r.played.Err
	}
}

// whole tells whether every player got everything.
func (s *showing) whole() string {
	if s.sum.Complete == s.players {
		return fmt.Sprintf("yes, %d", s.players)
	}
	return fmt.Sprintf("no: %d of %d; %d tags missing, %d wrong, %d players ended early",
		s.sum.Complete, s.players, s.sum.Missing, s.sum.Foreign, s.sum.Failed)
}

// stalledPlayers are those that take nothing.
const stalledPlayers = 5

// players measures one stream with many players, and with some of them stalled.
func (b *bench) players(ctx context.Context) ([]table, error) {
	clip, err := b.clip(ctx, source1080())
	if err != nil {
		return nil, err
	}
	c := crowd{
		Stream: streamName(0), Players: 500, Ramp: 4 * time.Second, Clip: clip,
		Media: pick(b, 15*time.Second, 30*time.Second), Patience: patience,
	}
	well, err := b.showings(ctx, c, b.runs)
	if err != nil {
		return nil, err
	}
	c.Stalled = stalledPlayers
	ill, err := b.showings(ctx, c, 1)
	if err != nil {
		return nil, err
	}
	t := table{
		title: "Players",
		note: fmt.Sprintf("%d players of one push of 4.2 Mbit/s (1080p25 and AAC), which lasts %v and is recorded as FLV by both servers. CPU "+
			"is that of everything: the push, its recording, the players' coming and %v of playing. GB is what they got, as FLV. Every byte "+
			"of it was compared with what was sent.", c.Players, c.Media, c.Media-c.Ramp/2),
		head: []string{"server", "CPU-s/GB", "CPU-s", "players complete", "recording complete", "publisher late by, ms"},
	}
	for _, s := range well {
		t.row(s.name+", "+s.face, s.perGB, s.cpu, s.whole(), s.verdict, s.late)
	}
	stalled := table{
		title: "Players of whom some are stalled",
		note: fmt.Sprintf("The same with %d more players that ask for the stream and take nothing. Complete players are the others. One run.",
			c.Stalled),
		head: t.head,
	}
	for _, s := range ill {
		stalled.row(s.name+", "+s.face, s.perGB, s.cpu, s.whole(), s.verdict, s.late)
	}
	return []table{t, stalled}, nil
}

// audiences are those that are compared.
func (b *bench) audiences() []audience {
	return []audience{
		{b.nginxRTMP("flv"), overRTMP},
		{b.aircheck("Aircheck flv", "flv"), overRTMP},
		{b.aircheck("Aircheck flv", "flv"), overFLV},
	}
}

// showings has all audiences take turns.
func (b *bench) showings(ctx context.Context, c crowd, runs int) ([]*showing, error) {
	var all []*showing
	for _, a := range b.audiences() {
		all = append(all, &showing{audience: a})
	}
	for run := range runs {
		for _, s := range all {
			r, err := b.show(ctx, s.audience, c)
			if err != nil {
				return nil, fmt.Errorf("%s, %s: %w", s.name, s.face, err)
			}
			s.add(r, c.Players)
			b.logf("run %d: %s, %s: %.2f CPU-s, %.2f GB, %d of %d players complete, %d tags missing %s", run+1, s.name, s.face, r.cpu.Seconds(),
				float64(r.played.Bytes)/1e9, r.played.Complete, c.Players, r.played.Missing, r.played.Err)
		}
	}
	return all, nil
}

// show publishes to a target in a fresh folder and has the crowd watch.
func (b *bench) show(ctx context.Context, a audience, c crowd) (shown, error) {
	s, err := b.launch(ctx, a.target)
	if err != nil {
		return shown{}, err
	}
	defer s.close()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	before, err := s.cpu()
	if err != nil {
		return shown{}, err
	}
	p, err := startPublisher(ctx, job{Address: s.address, Clip: c.Clip, Streams: 1, Speed: 1, Media: c.Media})
	if err != nil {
		return shown{}, err
	}
	c.Face, c.Address = a.face, s.playAddress(a.face)
	r, res, err := watched(ctx, p, c)
	if err != nil {
		cancel()
		return shown{}, err
	}
	after, err := s.settle(ctx)
	if err != nil {
		return shown{}, err
	}
	r.cpu, r.late = after-before, latest(res)
	r.verdict, err = verify(ctx, s, res, 1)
	return r, err
}

// watched has the crowd watch until publisher and players are done.
func watched(ctx context.Context, p *publisher, c crowd) (r shown, res []pushed, err error) {
	if err := awaitLive(ctx, c.Face, c.Address, c.Stream); err != nil {
		return shown{}, nil, err
	}
	wait, err := startSwarm(ctx, c)
	if err != nil {
		return shown{}, nil, err
	}
	if r.played, err = wait(); err != nil {
		return shown{}, nil, err
	}
	res, err = p.all()
	return r, res, err
}

// playAddress is where players of a face go.
func (s *server) playAddress(face string) string {
	if face == overFLV {
		return strings.TrimSuffix(strings.TrimPrefix(s.api.url, "http://"), "/")
	}
	return s.address
}

// awaitLive waits until a stream can be played.
func awaitLive(ctx context.Context, face, address, stream string) error {
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	for {
		v, err := newViewer(ctx, face, address, stream, nil, viewerWindow)
		if err == nil {
			err = v.watch(ctx, func() bool { return v.bytes > 0 })
			_ = v.conn.Close()
		}
		if err == nil {
			return nil
		}
		if late := sleep(ctx, 50*time.Millisecond); late != nil {
			return fmt.Errorf("the stream does not become live: %w", err)
		}
	}
}
