package server

import (
	"context"
	"errors"
	"time"

	"aircheck/recorder"
	"aircheck/vod"
)

// lastResort is how long after patience and farewell the process ends whatever a disk holds up.
const lastResort = 3 * time.Second

// watchStorage tells the recorder how much room it may take, and where to tell that the disk goes or comes. used: there have been files.
func (s *Server) watchStorage(m *recorder.Manager, used bool) {
	c := s.cfg.Storage
	m.Used, m.Awaits = used, true
	m.MinFree, m.WarnFree, m.Quota = int64(c.MinFree), int64(c.WarnFree), int64(c.Quota)
	m.OnStored = func(ctx context.Context) (int64, error) { return s.store.StoredBytes(ctx, m.StorageID) }
	s.storageBack = make(chan struct{}, 1)
	m.OnRoom = func(r recorder.Room) {
		if r.State == recorder.RoomLow {
			s.warnOfRoom(m.Active(), r)
		}
	}
	m.OnStorage = func(err error) {
		_ = s.storage.Check() // gives up the folder, or finds it again
		if err != nil {
			return
		}
		select {
		case s.storageBack <- struct{}{}:
		default:
		}
	}
}

// warnOfRoom tells the receivers of all that is recorded that it will stop soon.
func (s *Server) warnOfRoom(recordings []recorder.Status, r recorder.Room) {
	for _, st := range recordings {
		s.chronicle.Notice(recorder.Notice{
			Kind: recorder.NoticeLowRoom, Spec: st.Spec, Session: st.Spec.SessionID, Detail: "room runs short: " + r.Why, Count: 1, At: time.Now(),
		})
	}
}

// keepRecovering finishes what an earlier run left, once the storage is there.
func (s *Server) keepRecovering(ctx context.Context) {
	for first := true; ; first = false {
		if s.recorder.Ready() == nil {
			s.recover(ctx)
		}
		if first {
			close(s.recovered)
		} else {
			s.reconciler.Kick()
		}
		select {
		case <-s.storageBack:
		case <-ctx.Done():
			return
		}
	}
}

// recover finishes what an earlier run left. Publishers need not wait for it: a large file without its journal takes minutes.
func (s *Server) recover(ctx context.Context) {
	begin := time.Now()
	n, err := s.recorder.Recover(ctx)
	if err != nil && ctx.Err() == nil {
		s.log.Error("not all interrupted recordings could be finished; they are tried again", "error", err)
	}
	s.forget(ctx)
	if n > 0 {
		s.log.Info("interrupted recordings finished", "files", n, "took", time.Since(begin).Round(time.Millisecond))
	}
}

// forget drops what the catalogue still takes for recordings although there is nothing to finish them from.
func (s *Server) forget(ctx context.Context) {
	if _, err := s.engine.Forget(ctx, func(id vod.FileID) bool { return s.recorder.Unfinished(int64(id)) }); err != nil && ctx.Err() == nil {
		s.log.Error("the catalogue may name recordings that are lost", "error", err)
	}
}

// closeInTime is close, but does not wait for ever for a disk that hangs. What is not done then is done at the next start.
func (s *Server) closeInTime() error {
	done := make(chan error, 1)
	go func() { done <- s.close() }()
	select {
	case err := <-done:
		return err
	case <-time.After(time.Until(s.stopBy) + farewell + lastResort):
		return errors.New("a disk does not answer; what is not finished is finished at the next start")
	}
}

// roomAnswer is Room in answers.
type roomAnswer struct {
	State string `json:"state"`
	// Bytes. Used is told only with a quota.
	Free  int64 `json:"free"`
	Total int64 `json:"total"`
	Used  int64 `json:"used,omitempty"`
	Floor int64 `json:"floor"`
	Warn  int64 `json:"warn"`
	Quota int64 `json:"quota,omitempty"`
	// WhenFull is storage.when_full.
	WhenFull string `json:"when_full"`
}

// rootAnswer is another storage folder in answers.
type rootAnswer struct {
	Name string `json:"name"`
	// Problem says why it cannot be used; empty if it can.
	Problem string `json:"problem,omitempty"`
	// Bytes.
	Free  int64 `json:"free"`
	Total int64 `json:"total"`
}

func (s *Server) rootAnswers() (out []rootAnswer) {
	for _, r := range s.roots {
		st := r.state()
		a := rootAnswer{Name: r.name, Free: st.free, Total: st.total}
		if st.err != nil {
			a.Problem = st.err.Error()
		}
		out = append(out, a)
	}
	return out
}

// rootWarnings are those of /readyz: recording does not need the other folders.
func (s *Server) rootWarnings() []string {
	out := []string{}
	for _, a := range s.rootAnswers() {
		if a.Problem != "" {
			out = append(out, "the storage folder "+a.Name+" cannot be used: "+a.Problem)
		}
	}
	return out
}

func newRoomAnswer(r recorder.Room) roomAnswer {
	return roomAnswer{
		State: string(r.State), Free: r.Free, Total: r.Total, Used: r.Used, Floor: r.Floor, Warn: r.Warn, Quota: r.Quota,
	}
}
