package rtmp

import "aircheck/ingest/stream"

// metadata reads what onMetaData promises. All other data messages are passed over.
func (s *session) metadata(body []byte) {
	values, _ := readAMF(body) // what could be read counts
	if len(values) > 0 && values[0] == "@setDataFrame" {
		values = values[1:]
	}
	if len(values) < 2 || values[0] != "onMetaData" {
		return
	}
	meta, _ := values[1].(object)
	e := stream.Expected{
		Video: promised(meta, "hasVideo", "videocodecid", "width", "videodatarate", "framerate"),
		Audio: promised(meta, "hasAudio", "audiocodecid", "audiosamplerate", "audiodatarate", "audiochannels"),
	}
	if e.Known = e.Video || e.Audio; !e.Known {
		return
	}
	before := s.stream.Expected()
	e.Videos = max(before.Videos, tracksOf(meta, "videoTrackIdInfoMap", e.Video))
	e.Audios = max(before.Audios, tracksOf(meta, "audioTrackIdInfoMap", e.Audio))
	s.stream.Expect(e)
}

// tracksOf is how many tracks of a kind there will be: the first, and those that the map tells of (enhanced RTMP, version 2,
// "Enhancing onMetaData"), which some tell of the first as well; 0 if there is no map.
func tracksOf(meta object, name string, first bool) int {
	more, _ := meta[name].(object)
	if !first || len(more) == 0 {
		return 0
	}
	n := 1 + len(more)
	if _, ok := more["0"]; ok {
		n--
	}
	return min(n, maxTracks)
}

// promise tells the stream how many tracks of pictures have been announced, some of them without all of their parameters.
func (s *session) promise(videos int) {
	e := s.stream.Expected()
	if e.Videos < videos {
		e.Videos = videos
		s.stream.Expect(e)
	}
}

// promised reads a flag, and where there is none the codec id: a number, a fourCC as text or, where there is none either, whether there is
// a size or rate.
func promised(meta object, flag, codec string, hints ...string) bool {
	if b, ok := meta[flag].(bool); ok {
		return b
	}
	switch id := meta[codec].(type) {
	case float64:
		return id > 0
	case string:
		return id != ""
	}
	for _, h := range hints {
		if n, ok := meta[h].(float64); ok && n > 0 {
			return true
		}
	}
	return false
}
