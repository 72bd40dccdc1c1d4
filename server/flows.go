package server

import (
	"aircheck/recorder"
	runner "aircheck/vod/ffmpeg"
	"aircheck/vod/process"
	"aircheck/vod/task"
)

// newFFmpeg is what runs ffmpeg, for all who need it.
func (s *Server) newFFmpeg() *runner.Runner {
	c := s.cfg.FFmpeg
	return &runner.Runner{
		Path: c.Path, AtOnce: c.AtOnce, Threads: c.Threads, Memory: int64(c.Memory), MaxOutput: int64(c.MaxOutput), Stall: c.Stall,
		Wall: c.MaxTime, CPU: c.MaxCPU, Log: s.log,
	}
}

// flowJobs prepares task flows and covers, and returns the jobs of the former. It comes after the catalogue, and before the queue begins.
func (s *Server) flowJobs() map[task.Type]task.Job {
	s.flows = &process.Processor{
		Service: &process.Service{Store: s.store}, Catalog: s.catalog, Parts: s.parts, Runner: s.newFFmpeg(), Queue: s.longTasks.Add,
		Formats: formats(), Log: s.log,
	}
	if s.cfg.Catalog.Cover {
		s.coverer = &process.Coverer{Processor: s.flows, Log: s.log}
	}
	s.longTasks.OnFinish = s.taskDone
	return map[task.Type]task.Job{task.Procedure: s.flows.Do}
}

// startFlows begins with covers.
func (s *Server) startFlows() {
	if s.coverer == nil {
		return
	}
	s.coverer.Start()
	s.onClose(func() error { s.coverer.Close(); return nil })
}

// fileStored has that done with a finished file which is noted in the database already. It does not wait.
func (s *Server) fileStored(f recorder.File) {
	if f.Spec.Procedure != "" {
		s.longTasks.Poke()
	}
	s.coverer.Kick()
}

// taskDone looks after the file that a task may have made.
func (s *Server) taskDone(t task.Task) {
	if t.Type != task.Procedure {
		s.longTasks.Poke()
		s.coverer.Kick()
	}
}
