package rtsp

// startsPicture reports whether a packet begins an access unit: what may stand before pictures, or a picture's first slice. It errs
// on the side of no.
func (a *naluAssembler) startsPicture(b []byte) bool {
	head := 1
	if a.h265 {
		head = headerMost
	}
	if len(b) < head+2 {
		return false
	}
	kind, body := a.kind(b), b[head:]
	switch {
	case a.h265 && kind == 48 || !a.h265 && kind == 24:
		return len(body) > 2 && a.startsPicture(body[2:])
	case a.h265 && kind == 49:
		return body[0]&0x80 != 0 && a.first(body[0]&0x3f, body[1:])
	case !a.h265 && kind == 28:
		return body[0]&0x80 != 0 && a.first(body[0]&0x1f, body[1:])
	}
	return a.first(kind, body)
}

// first reports whether a NAL unit of a type, with that behind its header, can be the first of an access unit.
func (a *naluAssembler) first(kind byte, body []byte) bool {
	if a.h265 {
		// Types before 32 are slices: first_slice_segment_in_pic_flag. Else parameter sets, delimiter, prefix SEI.
		return kind < 32 && len(body) > 0 && body[0]&0x80 != 0 || kind >= 32 && kind <= 35 || kind == 39
	}
	// first_mb_in_slice is 0, which is one bit. Else SEI, parameter sets, delimiter.
	return (kind == 1 || kind == 2 || kind == 5) && len(body) > 0 && body[0]&0x80 != 0 || kind >= 6 && kind <= 9
}
