package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"gorm.io/gorm"

	"aircheck/rules"
)

// callbackURLsRow is a template's addresses as they are stored.
type callbackURLsRow struct {
	StreamBegin     string `json:"stream_begin"`
	StreamEnd       string `json:"stream_end"`
	Record          string `json:"record"`
	RecordStatus    string `json:"record_status"`
	RecordException string `json:"record_exception"`
	PushException   string `json:"push_exception"`
	Snapshot        string `json:"snapshot"`
	Censorship      string `json:"censorship"`
	StreamMix       string `json:"stream_mix"`
	AudioAudit      string `json:"audio_audit"`
}

type callbackTemplateRow struct {
	ID              int64 `gorm:"primaryKey;autoIncrement:false"`
	Name            string
	Description     string
	URLs            string `gorm:"column:urls"`
	ExceptionLevels string
	CallbackKey     string
}

func (callbackTemplateRow) TableName() string { return "callback_templates" }

func newCallbackTemplateRow(t rules.CallbackTemplate) (callbackTemplateRow, error) {
	urls, err := json.Marshal(callbackURLsRow(t.URLs))
	if err != nil {
		return callbackTemplateRow{}, fmt.Errorf("encode the addresses: %w", err)
	}
	levels, err := json.Marshal(t.RecordExceptionLevels)
	if err != nil {
		return callbackTemplateRow{}, fmt.Errorf("encode the levels: %w", err)
	}
	return callbackTemplateRow{
		ID: t.ID, Name: t.Name, Description: t.Description, URLs: string(urls), ExceptionLevels: string(levels), CallbackKey: t.Key,
	}, nil
}

func (r callbackTemplateRow) template() (rules.CallbackTemplate, error) {
	t := rules.CallbackTemplate{ID: r.ID, Name: r.Name, Description: r.Description, Key: r.CallbackKey}
	var urls callbackURLsRow
	if err := json.Unmarshal([]byte(r.URLs), &urls); err != nil {
		return t, fmt.Errorf("decode the addresses of callback template %d: %w", r.ID, err)
	}
	t.URLs = rules.CallbackURLs(urls)
	if err := json.Unmarshal([]byte(r.ExceptionLevels), &t.RecordExceptionLevels); err != nil {
		return t, fmt.Errorf("decode the levels of callback template %d: %w", r.ID, err)
	}
	return t, nil
}

type callbackRuleRow struct {
	Domain     string `gorm:"primaryKey"`
	App        string `gorm:"primaryKey"`
	TemplateID int64
	CreateTime int64
	UpdateTime int64
}

func (callbackRuleRow) TableName() string { return "callback_rules" }

// CallbackTemplates lists all callback templates by ID.
func (s *Store) CallbackTemplates(ctx context.Context) ([]rules.CallbackTemplate, error) {
	var rows []callbackTemplateRow
	err := s.read(ctx, func(tx *gorm.DB) error { return tx.Order("id").Find(&rows).Error })
	if err != nil {
		return nil, err
	}
	out := make([]rules.CallbackTemplate, len(rows))
	for i, r := range rows {
		if out[i], err = r.template(); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// CreateCallbackTemplate stores a callback template and returns its ID. rules.ErrTemplateLimit.
func (s *Store) CreateCallbackTemplate(ctx context.Context, t rules.CallbackTemplate) (id int64, err error) {
	err = s.write(ctx, func(tx *gorm.DB) error {
		if t.ID, err = next(tx, "callback_template"); err != nil {
			return err
		}
		row, err := newCallbackTemplateRow(t)
		if err != nil {
			return err
		}
		if err := tx.Create(&row).Error; err != nil {
			return err
		}
		return limit(tx, &callbackTemplateRow{}, rules.MaxCallbackTemplates, rules.ErrTemplateLimit)
	})
	if err != nil {
		return 0, err
	}
	return t.ID, nil
}

// UpdateCallbackTemplate reads, changes and writes one callback template; its ID stays. rules.ErrNotFound, or the error of change.
func (s *Store) UpdateCallbackTemplate(ctx context.Context, id int64, change func(*rules.CallbackTemplate) error) error {
	return s.write(ctx, func(tx *gorm.DB) error {
		var rows []callbackTemplateRow
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
		row, err := newCallbackTemplateRow(t)
		if err != nil {
			return err
		}
		return tx.Save(&row).Error
	})
}

// DeleteCallbackTemplate deletes a callback template that no rule is bound to. rules.ErrNotFound, rules.ErrInUse.
func (s *Store) DeleteCallbackTemplate(ctx context.Context, id int64) error {
	return s.write(ctx, func(tx *gorm.DB) error {
		done := tx.Where("id = ?", id).Delete(&callbackTemplateRow{})
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

// CallbackRules lists all callback rules by key.
func (s *Store) CallbackRules(ctx context.Context) ([]rules.CallbackRule, error) {
	var rows []callbackRuleRow
	err := s.read(ctx, func(tx *gorm.DB) error { return tx.Order("domain, app").Find(&rows).Error })
	if err != nil {
		return nil, err
	}
	out := make([]rules.CallbackRule, len(rows))
	for i, r := range rows {
		out[i] = rules.CallbackRule{
			CallbackRuleKey: rules.CallbackRuleKey{Domain: r.Domain, App: r.App},
			TemplateID:      r.TemplateID, CreateTime: fromMicro(r.CreateTime), UpdateTime: fromMicro(r.UpdateTime),
		}
	}
	return out, nil
}

// CreateCallbackRule stores a callback rule and registers its domain, as CreateRule does. rules.ErrTemplateNotFound, rules.ErrExists,
// rules.ErrRuleLimit, auth.ErrDomainLimit, and *rules.InvalidError for a play domain.
func (s *Store) CreateCallbackRule(ctx context.Context, r rules.CallbackRule) error {
	return s.write(ctx, func(tx *gorm.DB) error {
		if err := registerDomain(tx, r.Domain); err != nil {
			return err
		}
		err := tx.Create(&callbackRuleRow{
			Domain: r.Domain, App: r.App, TemplateID: r.TemplateID,
			CreateTime: toMicro(r.CreateTime), UpdateTime: toMicro(r.UpdateTime),
		}).Error
		switch {
		case errors.Is(err, gorm.ErrDuplicatedKey):
			return rules.ErrExists
		case errors.Is(err, gorm.ErrForeignKeyViolated):
			return fmt.Errorf("%w: %d", rules.ErrTemplateNotFound, r.TemplateID)
		case err != nil:
			return err
		}
		return limit(tx, &callbackRuleRow{}, rules.MaxCallbackRules, rules.ErrRuleLimit)
	})
}

// DeleteCallbackRule deletes the callback rule of exactly that key. rules.ErrNotFound.
func (s *Store) DeleteCallbackRule(ctx context.Context, k rules.CallbackRuleKey) error {
	return s.write(ctx, func(tx *gorm.DB) error {
		done := tx.Where("domain = ? AND app = ?", k.Domain, k.App).Delete(&callbackRuleRow{})
		if done.Error == nil && done.RowsAffected == 0 {
			return rules.ErrNotFound
		}
		return done.Error
	})
}
