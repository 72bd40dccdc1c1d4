package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"gorm.io/gorm"

	"aircheck/rules"
	"aircheck/server/auth"
)

// formatRow is one format of a template as it is stored.
type formatRow struct {
	Enable         bool   `json:"enable"`
	RecordInterval int64  `json:"record_interval"`
	StorageTime    int64  `json:"storage_time"`
	VodSubAppID    int64  `json:"vod_sub_app_id"`
	ClassID        int64  `json:"class_id"`
	VodFileName    string `json:"vod_file_name"`
	Procedure      string `json:"procedure"`
	StorageMode    string `json:"storage_mode"`

	FlowContinueDuration int64 `json:"flow_continue_duration,omitempty"`
}

type formatsRow struct {
	Flv formatRow `json:"flv"`
	Hls formatRow `json:"hls"`
	Mp4 formatRow `json:"mp4"`
	Aac formatRow `json:"aac"`
	Mp3 formatRow `json:"mp3"`
}

type templateRow struct {
	ID                   int64 `gorm:"primaryKey;autoIncrement:false"`
	Name                 string
	Description          string
	Formats              string
	FlowContinueDuration int64
	IsDelayLive          bool
	RemoveWatermark      bool
	FlvUpload            bool
	CreateTime           int64
	UpdateTime           int64
}

func (templateRow) TableName() string { return "templates" }

func newTemplateRow(t rules.Template) (templateRow, error) {
	formats, err := json.Marshal(formatsRow{
		Flv: formatRow(t.Flv), Hls: formatRow(t.Hls), Mp4: formatRow(t.Mp4), Aac: formatRow(t.Aac), Mp3: formatRow(t.Mp3),
	})
	if err != nil {
		return templateRow{}, fmt.Errorf("encode the formats: %w", err)
	}
	return templateRow{
		ID: t.ID, Name: t.Name, Description: t.Description, Formats: string(formats),
		FlowContinueDuration: t.FlowContinueDuration, IsDelayLive: t.IsDelayLive,
		RemoveWatermark: t.RemoveWatermark, FlvUpload: t.FlvUploadInRecording,
		CreateTime: toMicro(t.CreateTime), UpdateTime: toMicro(t.UpdateTime),
	}, nil
}

func (r templateRow) template() (rules.Template, error) {
	var f formatsRow
	if err := json.Unmarshal([]byte(r.Formats), &f); err != nil {
		return rules.Template{}, fmt.Errorf("decode the formats of template %d: %w", r.ID, err)
	}
	return rules.Template{
		ID: r.ID, Name: r.Name, Description: r.Description,
		Flv: rules.FormatParam(f.Flv), Hls: rules.FormatParam(f.Hls), Mp4: rules.FormatParam(f.Mp4),
		Aac: rules.FormatParam(f.Aac), Mp3: rules.FormatParam(f.Mp3),
		FlowContinueDuration: r.FlowContinueDuration, IsDelayLive: r.IsDelayLive,
		RemoveWatermark: r.RemoveWatermark, FlvUploadInRecording: r.FlvUpload,
		CreateTime: fromMicro(r.CreateTime), UpdateTime: fromMicro(r.UpdateTime),
	}, nil
}

type ruleRow struct {
	Domain     string `gorm:"primaryKey"`
	App        string `gorm:"primaryKey"`
	Stream     string `gorm:"primaryKey"`
	TemplateID int64
	CreateTime int64
	UpdateTime int64
}

func (ruleRow) TableName() string { return "rules" }

func (r ruleRow) rule() rules.Rule {
	return rules.Rule{
		RuleKey:    rules.RuleKey{Domain: r.Domain, App: r.App, Stream: r.Stream},
		TemplateID: r.TemplateID, CreateTime: fromMicro(r.CreateTime), UpdateTime: fromMicro(r.UpdateTime),
	}
}

// Templates lists all templates by ID.
func (s *Store) Templates(ctx context.Context) ([]rules.Template, error) {
	var rows []templateRow
	err := s.read(ctx, func(tx *gorm.DB) error { return tx.Order("id").Find(&rows).Error })
	if err != nil {
		return nil, err
	}
	out := make([]rules.Template, len(rows))
	for i, r := range rows {
		if out[i], err = r.template(); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// CreateTemplate stores a template and returns its ID. rules.ErrTemplateLimit.
func (s *Store) CreateTemplate(ctx context.Context, t rules.Template) (id int64, err error) {
	err = s.write(ctx, func(tx *gorm.DB) error {
		id, err = createTemplate(tx, t)
		return err
	})
	if err != nil {
		return 0, err
	}
	return id, nil
}

func createTemplate(tx *gorm.DB, t rules.Template) (int64, error) {
	id, err := next(tx, "template")
	if err != nil {
		return 0, err
	}
	t.ID = id
	row, err := newTemplateRow(t)
	if err != nil {
		return 0, err
	}
	if err := tx.Create(&row).Error; err != nil {
		return 0, err
	}
	return id, limit(tx, &templateRow{}, rules.MaxTemplates, rules.ErrTemplateLimit)
}

// UpdateTemplate reads, changes and writes one template; its ID stays. rules.ErrNotFound, or the error of change.
func (s *Store) UpdateTemplate(ctx context.Context, id int64, change func(*rules.Template) error) error {
	return s.write(ctx, func(tx *gorm.DB) error {
		var rows []templateRow
		if err := tx.Where("id = ?", id).Find(&rows).Error; err != nil {
			return err
		}
		if len(rows) == 0 {
			return rules.ErrNotFound
		}
		t, err := rows[0].template()
		if err != nil {
			return err
		}
		if err := change(&t); err != nil {
			return err
		}
		t.ID = id
		row, err := newTemplateRow(t)
		if err != nil {
			return err
		}
		return tx.Save(&row).Error
	})
}

// DeleteTemplate deletes a template that no rule is bound to, and no task that is not over. rules.ErrNotFound, rules.ErrInUse.
func (s *Store) DeleteTemplate(ctx context.Context, id int64) error {
	return s.write(ctx, func(tx *gorm.DB) error {
		if used, err := usesTemplate(tx, id); err != nil {
			return err
		} else if used {
			return rules.ErrInUse
		}
		done := tx.Where("id = ?", id).Delete(&templateRow{})
		switch {
		case errors.Is(done.Error, gorm.ErrForeignKeyViolated):
			return rules.ErrInUse
		case done.Error != nil:
			return done.Error
		case done.RowsAffected == 0:
			return rules.ErrNotFound
		}
		return nil
	})
}

// Rules lists all rules by key.
func (s *Store) Rules(ctx context.Context) ([]rules.Rule, error) {
	var rows []ruleRow
	err := s.read(ctx, func(tx *gorm.DB) error { return tx.Order("domain, app, stream").Find(&rows).Error })
	if err != nil {
		return nil, err
	}
	out := make([]rules.Rule, len(rows))
	for i, r := range rows {
		out[i] = r.rule()
	}
	return out, nil
}

// CreateRule stores a rule and registers its domain as a push domain with a key of its own. rules.ErrTemplateNotFound,
// rules.ErrExists, rules.ErrRuleLimit, auth.ErrDomainLimit, and *rules.InvalidError for a play domain.
func (s *Store) CreateRule(ctx context.Context, r rules.Rule) error {
	return s.write(ctx, func(tx *gorm.DB) error { return createRule(tx, r) })
}

func createRule(tx *gorm.DB, r rules.Rule) error {
	if err := registerDomain(tx, r.Domain); err != nil {
		return err
	}
	row := ruleRow{
		Domain: r.Domain, App: r.App, Stream: r.Stream, TemplateID: r.TemplateID,
		CreateTime: toMicro(r.CreateTime), UpdateTime: toMicro(r.UpdateTime),
	}
	err := tx.Create(&row).Error
	switch {
	case errors.Is(err, gorm.ErrDuplicatedKey):
		return rules.ErrExists
	case errors.Is(err, gorm.ErrForeignKeyViolated):
		return fmt.Errorf("%w: %d", rules.ErrTemplateNotFound, r.TemplateID)
	case err != nil:
		return err
	}
	return limit(tx, &ruleRow{}, rules.MaxRules, rules.ErrRuleLimit)
}

// registerDomain makes sure that there is a push domain of that name.
func registerDomain(tx *gorm.DB, name string) error {
	var rows []domainRow
	if err := tx.Where("name = ?", name).Find(&rows).Error; err != nil {
		return err
	}
	if len(rows) > 0 {
		if auth.DomainType(rows[0].Type) != auth.PushDomain {
			return &rules.InvalidError{Field: "DomainName", Reason: "is a play domain; rules are for push domains"}
		}
		return nil
	}
	d, err := auth.NewDomain(name, auth.PushDomain)
	if err != nil {
		return err
	}
	return createDomain(tx, d)
}

// UpdateRule binds the rule of exactly that key to the template of r, as of its UpdateTime. rules.ErrTemplateNotFound, rules.ErrNotFound.
func (s *Store) UpdateRule(ctx context.Context, r rules.Rule) error {
	return s.write(ctx, func(tx *gorm.DB) error {
		done := tx.Model(&ruleRow{}).Where("domain = ? AND app = ? AND stream = ?", r.Domain, r.App, r.Stream).
			Updates(map[string]any{"template_id": r.TemplateID, "update_time": toMicro(r.UpdateTime)})
		switch {
		case errors.Is(done.Error, gorm.ErrForeignKeyViolated):
			return fmt.Errorf("%w: %d", rules.ErrTemplateNotFound, r.TemplateID)
		case done.Error == nil && done.RowsAffected == 0:
			return rules.ErrNotFound
		}
		return done.Error
	})
}

// DeleteRule deletes the rule of exactly that key. rules.ErrNotFound.
func (s *Store) DeleteRule(ctx context.Context, k rules.RuleKey) error {
	return s.write(ctx, func(tx *gorm.DB) error {
		done := tx.Where("domain = ? AND app = ? AND stream = ?", k.Domain, k.App, k.Stream).Delete(&ruleRow{})
		if done.Error == nil && done.RowsAffected == 0 {
			return rules.ErrNotFound
		}
		return done.Error
	})
}

// seededKey is the setting that tells that Seed was called before.
const seededKey = "seeded"

// Seed stores the template and the rule, bound to it, unless it was called before or there is any template or rule.
func (s *Store) Seed(ctx context.Context, t rules.Template, r rules.Rule) error {
	return s.write(ctx, func(tx *gorm.DB) error {
		_, seeded, err := setting(tx, seededKey)
		if err != nil || seeded {
			return err
		}
		if err := setSetting(tx, seededKey, "1"); err != nil {
			return err
		}
		var templates int64
		// A rule needs a template, so that no template means no rule.
		if err := tx.Model(&templateRow{}).Count(&templates).Error; err != nil || templates > 0 {
			return err
		}
		if r.TemplateID, err = createTemplate(tx, t); err != nil {
			return err
		}
		return createRule(tx, r)
	})
}
