package survey

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"surveyflow/internal/store"
	"surveyflow/internal/workflow"
	"surveyflow/models"
)

const (
	maxCachedSurveys  = 1000
	maxCachedVersions = 2000
	maxCachedSlugs    = 10_000
	// recheck is how old an answer of the cache may be for who only looks. Who writes is checked by the store.
	recheck = 200 * time.Millisecond
)

// Live is all that taking answers to a survey needs, as it was at Survey.LiveRev. It is shared: nobody may change it.
type Live struct {
	Survey     models.Survey // without its draft
	Definition *models.SurveyDefinition
	Collectors []models.Collector
	Workflows  []*workflow.Compiled
	Shares     map[string]models.Access // by the ids of people
	spoken     *spoken
	logic      *logic
	quotas     []quota
}

// Collector finds a collector by its slug; nil when it is not there.
func (l *Live) Collector(slug string) *models.Collector {
	i := slices.IndexFunc(l.Collectors, func(c models.Collector) bool { return c.Slug == slug })
	if i < 0 {
		return nil
	}
	return &l.Collectors[i]
}

// collectorOf gives the collector of this id; nil when it is not of this survey.
func (l *Live) collectorOf(id string) *models.Collector {
	i := slices.IndexFunc(l.Collectors, func(c models.Collector) bool { return c.ID == id })
	if i < 0 {
		return nil
	}
	return &l.Collectors[i]
}

// DefaultCollector gives the collector that the survey itself leads to; nil when it has none.
func (l *Live) DefaultCollector() *models.Collector {
	i := slices.IndexFunc(l.Collectors, func(c models.Collector) bool { return c.IsDefault })
	if i < 0 {
		return nil
	}
	return &l.Collectors[i]
}

// Access gives what the actor may do with the survey, by the same rule as store.Survey.
func (l *Live) Access(a models.Actor) models.Access {
	switch {
	case l.Survey.DeletedAt != nil || l.Survey.OrgID != a.OrgID:
		return models.AccessNone
	case a.SeesAll() || l.Survey.OwnerID == a.UserID:
		return models.AccessOwn
	}
	return l.Shares[a.UserID]
}

// Pages gives the blocks that respondents can meet: those with questions. Which of them one respondent meets may depend on
// display logic: see Visit.Pages.
func Pages(def *models.SurveyDefinition) []*models.Block {
	pages := make([]*models.Block, 0, len(def.Blocks))
	for i := range def.Blocks {
		if len(def.Blocks[i].Questions) > 0 {
			pages = append(pages, &def.Blocks[i])
		}
	}
	return pages
}

// Live gives the live state of a survey, which may be up to 200 ms old. Deleted surveys are there too, closed.
// models.CodeNotFound when there never was such a survey.
func (s *Service) Live(ctx context.Context, surveyID string) (*Live, error) {
	live, ok := s.live.get(surveyID)
	if !ok {
		return s.load(ctx, surveyID, 0)
	}
	if !s.live.due(surveyID, s.clock.Now(), recheck) {
		return live, nil
	}
	rev, err := s.store.LiveRev(ctx, surveyID)
	if err != nil {
		s.live.drop(surveyID)
		return nil, err
	}
	if rev == live.Survey.LiveRev {
		return live, nil
	}
	return s.load(ctx, surveyID, live.Survey.LiveRev)
}

// load reads the live state, once for all who ask at the same time. They share the reading's context: it does not end with
// the caller who came first. not is the revision that was found to be too old, so that nobody is given a reading that
// began before theirs was refused.
func (s *Service) load(ctx context.Context, surveyID string, not int64) (*Live, error) {
	v, err, _ := s.loading.Do(surveyID+"#"+strconv.FormatInt(not, 10), func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), loadTimeout)
		defer cancel()
		l, err := s.store.LiveSurvey(ctx, surveyID)
		if err != nil {
			return nil, err
		}
		live, err := compile(l)
		if err != nil {
			return nil, err
		}
		s.live.put(surveyID, live, s.clock.Now())
		return live, nil
	})
	if err != nil {
		s.live.drop(surveyID)
		return nil, fmt.Errorf("load live survey: %w", err)
	}
	return v.(*Live), nil
}

// loadTimeout bounds the reading of a live survey.
const loadTimeout = 10 * time.Second

func compile(l *store.LiveSurvey) (*Live, error) {
	live := &Live{Survey: l.Survey, Definition: &l.Definition, Collectors: l.Collectors, Shares: make(map[string]models.Access, len(l.Shares))}
	live.spoken, live.logic, live.quotas = newSpoken(live.Definition), compileLogic(live.Definition), compileQuotas(live.Definition)
	for _, sh := range l.Shares {
		live.Shares[sh.UserID] = sh.Access
	}
	for _, w := range l.Workflows {
		c, err := workflow.Compile(w.ID, w.Version, w.Definition)
		if err != nil {
			return nil, err
		}
		c.Off = w.Off
		live.Workflows = append(live.Workflows, c)
	}
	return live, nil
}

// version names one version of a survey.
type version struct {
	surveyID string
	number   int
}

// Definition gives one version of a survey, which never changes. It is shared: nobody may change it.
func (s *Service) Definition(ctx context.Context, surveyID string, number int) (*models.SurveyDefinition, error) {
	p, err := s.published(ctx, surveyID, number)
	if err != nil {
		return nil, err
	}
	return p.spoken.base, nil
}

// published is a version of a survey, ready to be answered.
type published struct {
	spoken *spoken
	logic  *logic
}

func (s *Service) published(ctx context.Context, surveyID string, number int) (published, error) {
	key := version{surveyID, number}
	if p, ok := s.versions.get(key); ok {
		return p, nil
	}
	v, err := s.store.SurveyVersion(ctx, surveyID, number)
	if err != nil {
		return published{}, err
	}
	p := published{newSpoken(&v.Definition.V), compileLogic(&v.Definition.V)}
	s.versions.put(key, p, s.clock.Now())
	return p, nil
}

// surveyOf finds the survey of a public link. Slugs never change hands, so that the answer may be kept.
func (s *Service) surveyOf(ctx context.Context, slug string) (string, error) {
	if id, ok := s.slugs.get(slug); ok {
		return id, nil
	}
	c, err := s.store.CollectorBySlug(ctx, slug)
	if err != nil {
		return "", err
	}
	s.slugs.put(slug, c.SurveyID, s.clock.Now())
	return c.SurveyID, nil
}
