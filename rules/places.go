package rules

import (
	"context"
	"fmt"
	"log/slog"

	"aircheck/vod"
)

// params are the formats of a template by the names of the wire.
func (t *Template) params() map[string]FormatParam {
	return map[string]FormatParam{"FlvParam": t.Flv, "HlsParam": t.Hls, "Mp4Param": t.Mp4, "AacParam": t.Aac, "Mp3Param": t.Mp3}
}

// checkPlaces reports whether the applications and classes exist that a template names and did not name before: those may have gone since,
// which is no reason to refuse another change. *InvalidError.
func (s *Service) checkPlaces(ctx context.Context, was, t Template) error {
	before := was.params()
	for wire, p := range t.params() {
		old := before[wire]
		if s.SubApps != nil && p.VodSubAppID != old.VodSubAppID {
			if err := s.SubApps.Check(p.VodSubAppID); err != nil {
				return invalid(wire+".VodSubAppId", "%s", err)
			}
		}
		if s.Classes == nil || p.ClassID == old.ClassID && p.VodSubAppID == old.VodSubAppID {
			continue
		}
		there, err := s.Classes.Has(ctx, p.VodSubAppID, p.ClassID)
		if err != nil {
			return err
		}
		if !there {
			return invalid(wire+".ClassId", "there is no class %d in application %d; DescribeAllClass lists classes, CreateClass makes one",
				p.ClassID, p.VodSubAppID)
		}
	}
	return nil
}

// findPlace sees to it that a recording goes to an application and a class that exist: it is not to be lost because what its template names has
// gone since. begun: to an application that is on; one that is switched off later keeps what it has.
func (s *Service) findPlace(ctx context.Context, a *vod.Asset, begun bool, log *slog.Logger) error {
	if s.SubApps != nil {
		check := s.SubApps.Check
		if begun {
			check = s.SubApps.CheckOn
		}
		if err := check(a.SubAppID); err != nil {
			a.Note = vod.NoteSubApp(a.SubAppID)
			a.SubAppID, a.ClassID = vod.PrimaryApp, 0
			log.Warn("recording goes to the primary application: its template names one that does not exist or is off", "file_id", a.ID.String(),
				"template", a.TemplateID, "error", err)
		}
	}
	if s.Classes == nil || a.ClassID == 0 {
		return nil
	}
	there, err := s.Classes.Has(ctx, a.SubAppID, a.ClassID)
	if err != nil {
		return fmt.Errorf("look for the class of file %s: %w", a.ID, err)
	}
	if !there {
		a.Note = vod.NoteClass(a.ClassID)
		log.Warn("recording goes to the class Other: its template names one that does not exist", "file_id", a.ID.String(),
			"template", a.TemplateID, "class", a.ClassID)
		a.ClassID = 0
	}
	return nil
}
