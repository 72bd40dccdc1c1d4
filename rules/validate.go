package rules

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"aircheck/ingest/media"
	"aircheck/recorder"
)

// Lengths in bytes.
const (
	maxTemplateName = 255
	maxDescription  = 1024
	maxProcedure    = 255
)

// Storage modes of the wire format, with the catalogue's storage classes.
const (
	modeNormal = "normal"
	modeCold   = "cold"
)

func invalid(field, format string, args ...any) error {
	return &InvalidError{Field: field, Reason: fmt.Sprintf(format, args...)}
}

// prepare fills in a template's defaults and checks it. Everything of it is checked, enabled or not.
func (s *Service) prepare(t *Template) error {
	if err := validName(t.Name); err != nil {
		return err
	}
	if err := validText("Description", t.Description, maxDescription); err != nil {
		return err
	}
	if t.FlowContinueDuration < 0 || t.FlowContinueDuration > MaxFlowContinueDuration {
		return invalid("HlsSpecialParam.FlowContinueDuration", "must be 0 to %d seconds", MaxFlowContinueDuration)
	}
	if d := t.Mp4.FlowContinueDuration; d < 0 || d > MaxFlowContinueDuration {
		return invalid("Mp4SpecialParam.FlowContinueDuration", "must be 0 to %d seconds", MaxFlowContinueDuration)
	}
	for _, p := range []struct {
		wire, format string
		param        *FormatParam
	}{
		{"FlvParam", "flv", &t.Flv},
		{"HlsParam", formatHLS, &t.Hls},
		{"Mp4Param", "mp4", &t.Mp4},
		{"AacParam", "aac", &t.Aac},
		{"Mp3Param", "mp3", &t.Mp3},
	} {
		if p.param.Enable && !slices.Contains(s.Formats, p.format) {
			return invalid(p.wire+".Enable", "this version cannot record %s; it records %s",
				strings.ToUpper(p.format), strings.ToUpper(strings.Join(s.Formats, ", ")))
		}
		if err := p.param.prepare(p.wire, p.format != formatHLS); err != nil {
			return err
		}
	}
	return nil
}

// prepare fills in defaults and checks one format. interval tells that the format is cut by RecordInterval.
func (p *FormatParam) prepare(wire string, interval bool) error {
	if interval && p.RecordInterval == 0 {
		p.RecordInterval = DefaultRecordInterval
	}
	if p.StorageMode == "" {
		p.StorageMode = modeNormal
	}
	switch {
	case interval && (p.RecordInterval < MinRecordInterval || p.RecordInterval > MaxRecordInterval):
		return invalid(wire+".RecordInterval", "must be %d to %d seconds", MinRecordInterval, MaxRecordInterval)
	case p.StorageTime < 0 || p.StorageTime > MaxStorageTime:
		return invalid(wire+".StorageTime", "must be 0 (for ever) to %d seconds", MaxStorageTime)
	case p.VodSubAppID < 0:
		return invalid(wire+".VodSubAppId", "must not be negative")
	case p.ClassID < 0:
		return invalid(wire+".ClassId", "must not be negative")
	case p.StorageMode != modeNormal && p.StorageMode != modeCold:
		return invalid(wire+".StorageMode", "must be %q or %q", modeNormal, modeCold)
	}
	if err := recorder.ValidateFileName(p.VodFileName); err != nil {
		return invalid(wire+".VodFileName", "%s", err)
	}
	return validText(wire+".Procedure", p.Procedure, maxProcedure)
}

func validName(name string) error {
	const field = "TemplateName"
	switch {
	case name == "":
		return invalid(field, "is empty")
	case len(name) > maxTemplateName:
		return invalid(field, "has %d bytes, at most %d are allowed", len(name), maxTemplateName)
	}
	for _, r := range name {
		if r == utf8.RuneError || r != '_' && r != '-' && !unicode.IsLetter(r) && !unicode.IsMark(r) && !unicode.IsDigit(r) {
			return invalid(field, "may hold letters, digits, _ and - only, not %q", r)
		}
	}
	return nil
}

func validText(field, text string, limit int) error {
	switch {
	case len(text) > limit:
		return invalid(field, "has %d bytes, at most %d are allowed", len(text), limit)
	case !utf8.ValidString(text):
		return invalid(field, "is not UTF-8")
	}
	return nil
}

// prepareKey cleans the domain and checks that streams of such a key can exist.
func (s *Service) prepareKey(k *RuleKey) error {
	if k.Domain == "" {
		return invalid("DomainName", "is empty")
	}
	domain, err := s.CleanDomain(k.Domain)
	if err != nil {
		return err
	}
	k.Domain = domain
	sample := media.StreamKey{Domain: domain, App: cmp.Or(k.App, media.DefaultApp), Stream: "sample"}
	if err := sample.Validate(); err != nil {
		return invalid("AppName", "%s", err)
	}
	sample.Stream = cmp.Or(k.Stream, sample.Stream)
	if err := sample.Validate(); err != nil {
		return invalid("StreamName", "%s", err)
	}
	if strings.Contains(k.Stream, "/") {
		return invalid("StreamName", "holds a slash; what is before the last slash of a path is the AppName")
	}
	return nil
}
