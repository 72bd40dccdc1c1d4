package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/dustin/go-humanize"

	"aircheck/configs"
	"aircheck/recorder"
	"aircheck/server/metrics"
	"aircheck/vod"
	"aircheck/vod/task"
)

const (
	// lookAtRoots is how often it is looked whether the other storage folders are there, and rootSilence after how long one that does not
	// answer is said to hang.
	lookAtRoots = 2 * time.Second
	rootSilence = 10 * time.Second
)

// The locations of storages, as DescribeStorageData names them.
const (
	mainRoot = configs.Recordings
	iaRoot   = "ia"
)

// root is a storage folder beside that of the recordings.
type root struct {
	name, id, dir string
	storage       *vod.Local
	// used: it has held files, or was there before in this run, so that an empty folder in its place is not it. Of who looks.
	used bool
	seen atomic.Pointer[rootState]
}

// rootState is how a root was found.
type rootState struct {
	at          time.Time
	err         error
	free, total int64
}

// state returns how the root is, and why it cannot be used. It waits for nothing.
func (r *root) state() rootState {
	s := rootState{err: errors.New("it has not been looked at yet")}
	if seen := r.seen.Load(); seen != nil {
		s = *seen
		if silent := time.Since(s.at); silent > rootSilence {
			s.err = fmt.Errorf("the disk has not answered for %s", silent.Round(time.Second))
		}
	}
	return s
}

// look looks whether the root is there, and how much room it has.
func (r *root) look() rootState {
	s := rootState{err: r.storage.Check()}
	if s.err != nil && !r.used {
		s.err = r.storage.Found(false)
	}
	if s.err == nil {
		r.used = true
		s.free, s.total, _ = recorder.DiskSpace(r.dir) // not known everywhere
	}
	s.at = time.Now()
	r.seen.Store(&s)
	return s
}

// openOrder loads the applications, and gets the classes ready. It comes before the rules, which name both.
func (s *Server) openOrder(ctx context.Context) error {
	s.classes = &vod.Classes{Store: s.store}
	s.subApps = &vod.SubApps{Store: s.store}
	return s.subApps.Reload(ctx)
}

// openRoots finds the storages that files are moved to, beside that which they are recorded into.
func (s *Server) openRoots(ctx context.Context) (map[string]vod.Storage, error) {
	storages := map[string]vod.Storage{s.recorder.StorageID: s.storage}
	s.homes = vod.Homes{Main: s.recorder.StorageID, SubApps: map[int64]string{}}
	usage, err := s.store.Usage(ctx)
	if err != nil {
		return nil, fmt.Errorf("read what is stored: %w", err)
	}
	used := map[string]int64{}
	for _, u := range usage {
		used[u.StorageID] += u.Files + min(u.Bytes, 1)
	}
	open := func(name, dir string) (string, error) {
		id, _, err := s.store.StorageID(ctx, "local", name)
		if err != nil {
			return "", err
		}
		r := &root{name: name, id: id, dir: dir, storage: vod.NewLocal(id, dir), used: used[id] > 0}
		s.onClose(r.storage.Close)
		if st := r.look(); st.err != nil {
			s.log.Error("a storage folder cannot be used: nothing is moved there, and what lies there cannot be played",
				"storage", name, "dir", dir, "error", st.err)
		}
		s.roots = append(s.roots, r)
		storages[id] = r.storage
		return id, nil
	}
	if dir := s.cfg.Storage.IADir; dir != "" {
		if s.homes.Infrequent, err = open(iaRoot, dir); err != nil {
			return nil, err
		}
	}
	for _, a := range s.cfg.Storage.SubApps {
		if s.homes.SubApps[a.ID], err = open(vod.SubAppFolder(a.ID), a.Dir); err != nil {
			return nil, err
		}
	}
	s.warnOfUnknown(usage, storages)
	return storages, nil
}

// warnOfUnknown tells of files in folders that are not configured any more.
func (s *Server) warnOfUnknown(usage []vod.Usage, storages map[string]vod.Storage) {
	files := map[string]int64{}
	for _, u := range usage {
		if storages[u.StorageID] == nil {
			files[u.Location] += u.Files
		}
	}
	for location, n := range files {
		s.log.Error("files lie in a storage folder that is not configured: they cannot be played, deleted or moved; configure storage.ia_dir or "+
			"storage.sub_apps as before", "storage", location, "files", n)
	}
}

// openMover prepares what moves files to where they belong. It comes after the catalogue.
func (s *Server) openMover(context.Context) error {
	s.mover = &vod.Mover{
		Store: s.store, Storages: s.catalog.Storages, Intake: s.intake, Homes: s.homes, Claimed: s.claimed, Room: s.roomToMove, Name: s.folderName,
		Doomed: s.retention.Kick, After: s.recovered, BytesPerSecond: int(s.cfg.Storage.MoveRate), Log: s.log,
	}
	return nil
}

// startOrder starts looking after the other storage folders, and moving.
func (s *Server) startOrder() {
	for _, r := range s.roots {
		s.onClose(s.watchRoot(r))
	}
	s.mover.Start()
	s.onClose(func() error { s.mover.Close(); return nil })
}

// watchRoot looks after a root until the returned function is called. That does not wait for a disk that hangs.
func (s *Server) watchRoot(r *root) (stop func() error) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(lookAtRoots)
		defer tick.Stop()
		for {
			was := r.state()
			select {
			case <-tick.C:
				s.tellRoot(r, was.err, r.look().err)
			case <-ctx.Done():
				return
			}
		}
	}()
	return func() error {
		cancel()
		select {
		case <-done:
			return nil
		case <-time.After(lastResort):
			return fmt.Errorf("the disk of storage %s does not answer", r.name)
		}
	}
}

// tellRoot logs that a root has gone, or come back, and has done then what had to wait for it.
func (s *Server) tellRoot(r *root, was, now error) {
	switch {
	case was == nil && now != nil:
		s.log.Error("a storage folder is gone: what lies there cannot be played until it is back", "storage", r.name, "dir", r.dir, "error", now)
	case was != nil && now == nil:
		s.log.Info("a storage folder is there", "storage", r.name, "dir", r.dir)
		s.mover.Kick()
		s.retention.Kick()
		s.reconciler.Kick()
	}
}

// folderName is what a storage folder is called in the log and elsewhere.
func (s *Server) folderName(storageID string) string {
	for _, r := range s.roots {
		if r.id == storageID {
			return r.name
		}
	}
	if storageID == s.recorder.StorageID {
		return mainRoot
	}
	return storageID // not configured any more
}

// roomToMove says whether a storage has room for so many bytes that are not recordings under way: twice as much as is to be left free stays free.
func (s *Server) roomToMove(storageID string, size int64) error {
	dir, name := s.recorder.Dir, mainRoot
	for _, r := range s.roots {
		if r.id == storageID {
			dir, name = r.dir, r.name
		}
	}
	if room := s.recorder.Room(); name == mainRoot && room.Quota > 0 && room.Used+size > room.Quota-room.Quota/10 {
		return fmt.Errorf("%w: recordings have %s of their quota of %s", vod.ErrNoRoom, humanize.IBytes(uint64(max(room.Used, 0))),
			humanize.IBytes(uint64(room.Quota)))
	}
	free, total, err := recorder.DiskSpace(dir)
	if err != nil || total <= 0 {
		return nil // not known: the disk says so itself
	}
	const share = 20 // as the recorder does
	if floor := 2 * min(int64(s.cfg.Storage.MinFree), total/share); free-size < floor {
		return fmt.Errorf("%w: %s are free in the storage folder %s, %s are needed, and %s stay free", vod.ErrNoRoom,
			humanize.IBytes(uint64(max(free, 0))), name, humanize.IBytes(uint64(max(size, 0))), humanize.IBytes(uint64(max(floor, 0))))
	}
	return nil
}

// move is the input of a task that moves files, and moved its output.
type (
	move struct {
		FileIDs      []vod.FileID
		StorageClass string
	}
	moved struct {
		StorageClass string
		// Moved are done with, Failed were left where they were.
		Moved  []string
		Failed []failedMove `json:",omitempty"`
	}
	failedMove struct{ FileID, Message string }
)

// queueMove is the API's Move.
func (s *Server) queueMove(ctx context.Context, subAppID int64, ids []vod.FileID, class string) (string, error) {
	input, err := json.Marshal(move{FileIDs: ids, StorageClass: class})
	if err != nil {
		return "", err
	}
	t := task.Task{Type: task.Move, SubAppID: subAppID, Input: input}
	if len(ids) == 1 {
		t.FileID = ids[0]
	}
	return s.longTasks.Add(ctx, t)
}

// moveJobs are the jobs of moving.
func (s *Server) moveJobs() map[task.Type]task.Job {
	return map[task.Type]task.Job{task.Move: s.runMove}
}

// runMove moves the files of a task, one after the other. What one does not allow does not keep the others. Those that are where they belong
// already, such as after a restart, are left as they are.
func (s *Server) runMove(ctx context.Context, t task.Task, report task.Report) (any, error) {
	var in move
	if err := json.Unmarshal(t.Input, &in); err != nil {
		return nil, &task.Failure{Code: task.CodeInput, Err: err}
	}
	out := moved{StorageClass: in.StorageClass, Moved: []string{}}
	var first error
	for i, id := range in.FileIDs {
		err := s.mover.Move(ctx, id, in.StorageClass, func(done, size int64) {
			report(int((float64(i)+float64(done)/float64(max(size, 1)))*100/float64(len(in.FileIDs))), nil)
		})
		switch {
		case ctx.Err() != nil:
			return out, ctx.Err()
		case err == nil:
			out.Moved = append(out.Moved, id.String())
		default:
			out.Failed = append(out.Failed, failedMove{id.String(), err.Error()})
			if first == nil {
				first = &task.Failure{Code: task.CodeSource, Err: err}
			}
		}
		report((i+1)*100/len(in.FileIDs), out)
	}
	return out, first
}

// folderStats is what metrics show of the other storage folders.
func (s *Server) folderStats() (out []metrics.Folder) {
	for _, r := range s.roots {
		st := r.state()
		out = append(out, metrics.Folder{Name: r.name, Up: st.err == nil, Free: st.free, Size: st.total})
	}
	return out
}
