"""The outcomes that Laurel predicts of its own families."""

from elt.predicting.tasks import Baseline, Feature, Folds, Forward, Presentations, Task

TERM_FEATURES = (
    Feature("mean_score_last", "mean score last term", unit="points"),
    Feature("mean_score_change", "change of the mean score from the term before", unit="points"),
    Feature("failed_rate_last", "share of subjects failed last term", unit="rate"),
    Feature("attendance_rate_last", "attendance last term", unit="rate"),
    Feature("mean_score_so_far", "mean score of all terms so far", unit="points"),
    Feature("attendance_rate_so_far", "attendance of all terms so far", unit="rate"),
    Feature("failed_rate_so_far", "share of all results so far that failed", unit="rate"),
)
SUBJECT_FEATURES = (
    Feature("subject", "subject", "category", "text"),
    Feature("term", "term", "category", "text"),
    Feature("subject_score_last", "last score in this subject", unit="points"),
    Feature("subject_score_so_far", "mean score in this subject so far", unit="points"),
    Feature("subject_score_lowest", "lowest score in this subject so far", unit="points"),
    Feature("subject_failed_rate_so_far", "share of results in this subject that failed", unit="rate"),
    *TERM_FEATURES,
)
EXAM_FEATURES = (
    Feature("term", "term", "category", "text"),
    Feature("core_score_so_far", "mean score in English and Mathematics so far", unit="points"),
    Feature("core_score_weakest", "mean score in the weaker of English and Mathematics", unit="points"),
    Feature("core_score_last", "last scores in English and Mathematics", unit="points"),
    *TERM_FEATURES,
)
LAUREL_SUBGROUPS = (
    "gender",
    "state_of_origin",
    "has_disorder",
    "financial_status",
    "living_arrangement",
    "grade_level",
)
# Subgroups are what the register says today: they judge the model, and never enter it.
_REGISTER = """
    inner join marts.dim_student as student on known.student_key = student.student_key
    left join (
        select bridge.student_key, min(guardian.financial_status) as financial_status
        from marts.bridge_student_guardian as bridge
        inner join marts.dim_guardian as guardian on bridge.guardian_key = guardian.guardian_key
        group by bridge.student_key
    ) as family on known.student_key = family.student_key
"""
_OF_REGISTER = """
    student.student_id, known.session_name as moment, known.session_name as segment, student.gender,
    student.state_of_origin, student.has_disorder::text as has_disorder, family.financial_status,
    student.living_arrangement
"""
MAJORITY = Baseline("majority", "the usual rate")
MEAN = Baseline("mean", "the usual number")
TIER = Baseline("rule_tier", "the early-warning tier", "risk_tier_last")

FAILING = Task(
    name="laurel_failing",
    title="Failing a subject in the coming term",
    family="laurel",
    kind="classification",
    sql=f"""
        select known.*, known.subject as unit, {_OF_REGISTER}
        from features_store.int_features__laurel_subject as known {_REGISTER}
    """,  # noqa: S608 words of our own
    target="is_failed",
    score="total_score",
    features=SUBJECT_FEATURES,
    baselines=(MAJORITY, Baseline("last_result", "the last result in the subject", "is_subject_failed_last"), TIER),
    plan=Forward(),
    subgroups=LAUREL_SUBGROUPS,
    tier="risk_tier_last",
    history="subject_term_count_so_far",
    segments_must_hold=True,
    limits=(
        "Background (family, income, health) is no feature: the register tells it as of today, not as of the moment.",
        "The files have no calendar: everybody's latest term on file is taken for the present.",
        "A subject that a student begins, or may choose, has no history, and gets no number.",
    ),
)


def _exam(name: str, title: str, target: str, score: str | None) -> Task:
    return Task(
        name=name,
        title=title,
        family="laurel",
        kind="classification",
        sql=f"""
            select known.*, '' as unit, {_OF_REGISTER}
            from features_store.int_features__laurel_exam as known {_REGISTER}
        """,  # noqa: S608 words of our own
        target=target,
        score=score,
        features=EXAM_FEATURES,
        baselines=(MAJORITY, Baseline("last_result", "the mean score last term", "mean_score_last"), TIER),
        plan=Forward(),
        subgroups=LAUREL_SUBGROUPS[:-1],
        tier="risk_tier_last",
        history="term_count_so_far",
        limits=("Trained on earlier years' SS3 alone: the first year on file can judge nothing.",),
    )


JAMB = _exam("laurel_jamb", "JAMB score of 200 or more", "is_jamb_ready", "jamb_score")
CREDITS = _exam("laurel_credits", "Five credits, English and Mathematics among them", "has_five_credits", None)

OULAD_FEATURES = (
    Feature("module_code", "module", "category", "text"),
    Feature("gender", "gender", "category", "text"),
    Feature("region", "region", "category", "text"),
    Feature("highest_education", "highest education", "category", "text"),
    Feature("imd_band", "deprivation band", "category", "text"),
    Feature("age_band", "age band", "category", "text"),
    Feature("has_disability", "declared disability", unit="flag"),
    Feature("registered_day", "day of registration", unit="days"),
    Feature("previous_attempt_count", "earlier attempts"),
    Feature("studied_credits", "credits studied at the time"),
    Feature("submitted_count_gap", "assessments handed in, beside the others", unit="points"),
    Feature("missing_count_gap", "assessments missing, beside the others", unit="points"),
    Feature("late_count_gap", "assessments late, beside the others", unit="points"),
    Feature("mean_score_place", "place by mean score so far, among the others", unit="place"),
    Feature("lowest_score_place", "place by lowest score so far, among the others", unit="place"),
    Feature("days_since_submitted_gap", "days since something was handed in, beside the others", unit="points"),
)
CLICK_FEATURES = (
    Feature("click_count_place", "place by clicks so far, among the others", unit="place"),
    Feature("active_day_count_gap", "active days so far, beside the others", unit="points"),
    Feature("recent_active_day_count_gap", "active days in the last two weeks, beside the others", unit="points"),
)
OULAD_SUBGROUPS = ("gender", "region", "has_disability_text", "imd_band", "age_band")
DAYS = (0, 30, 60, 90)
_OULAD_TARGETS = {
    "withdrawal": ("Withdrawing", "is_withdrawn"),
    "fail_or_withdraw": ("Failing or withdrawing", "is_failed_or_withdrawn"),
    "final_score": ("Final score", "final_score"),
}


def _oulad(outcome: str, day: int, with_clicks: bool) -> Task:
    title, target = _OULAD_TARGETS[outcome]
    is_number = outcome == "final_score"
    clicks = " with clicks" if with_clicks else ""
    kept = "and has_whole_clicks" if with_clicks else ""
    return Task(
        name=f"oulad_{outcome}_day{day}" + ("_clicks" if with_clicks else ""),
        title=f"{title}, day {day}{clicks} (OULAD)",
        family="oulad",
        kind="regression" if is_number else "classification",
        sql=f"""
            select
                known.*, student.student_id, known.section_name as unit, 'day ' || prediction_day as moment,
                known.section_name as segment, {target} is null and end_date > current_date as is_coming,
                case when known.has_disability then 'yes' else 'no' end as has_disability_text
            from features_store.int_features__oulad as known
            inner join marts.dim_student as student on known.student_key = student.student_key
            where prediction_day = {day} {kept}
        """,  # noqa: S608 words and numbers of our own
        target=target,
        features=OULAD_FEATURES + (CLICK_FEATURES if with_clicks else ()),
        baselines=(
            MEAN if is_number else MAJORITY,
            Baseline("module", "the module's usual result", "module_code"),
            *((Baseline("last_result", "the mean score so far", "mean_score"),) if day else ()),
        ),
        plan=Presentations(),
        subgroups=OULAD_SUBGROUPS,
        limits=(
            "Scores have no date of their own: they count from the day of handing in, weeks before they are known.",
            "Of those who are still registered on that day.",
            *(("Of the presentations whose clicks are on file up to the last week.",) if with_clicks else ()),
            *(("Of those who stay; what is not handed in counts 0; without the exam.",) if is_number else ()),
        ),
    )


# Without has_five_core_credits: it follows from the examination. Too loosely for the leakage detector to see: only who
# knows the order of things can tell.
_QUESTIONS = (
    "gender", "geopolitical_zone", "school_type", "school_living_arrangement", "digital_methods_in_school",
    "weekly_reading_hours", "has_mentor", "financial_status", "digital_literacy", "has_library", "library_visit",
    "academic_stream", "attendance_rate", "study_habits", "behavioral_condition", "learning_environment",
    "has_private_tutor", "has_online_learning", "has_supportive_home", "parental_engagement", "has_qualified_teachers",
    "has_exam_anxiety", "understands_english", "has_practice_exams",
)  # fmt: skip
SURVEY = Task(
    name="laurel_survey",
    title="JAMB score of the survey's respondents",
    family="laurel",
    kind="regression",
    sql="""
        select
            answered.*, respondent_key as student_key, 'line ' || _line_number as student_id,
            'line ' || _line_number as unit, 'the survey' as moment, '' as segment, past_jamb_score is null as is_coming
        from staging.stg_laurel__survey as answered
    """,
    target="past_jamb_score",
    features=tuple(Feature(name, name.replace("_", " "), "category", "text") for name in _QUESTIONS),
    baselines=(MEAN,),
    plan=Folds(),
    subgroups=("gender", "school_type", "geopolitical_zone", "financial_status"),
    limits=("Of people who sat JAMB elsewhere; none of them is a student of the school.",),
)

HIGH_PERFORMER = Task(
    name="district_high_performer",
    title="GPA of 3.0 or more in the coming term",
    family="district",
    kind="classification",
    sql="""
        select known.*, '' as unit, known.session_name as moment, known.session_name as segment, student.student_id,
            student.gender
        from features_store.int_features__district as known
        inner join marts.dim_student as student on known.student_key = student.student_key
    """,
    target="is_high_performer",
    score="gpa",
    features=(
        Feature("gpa_last", "GPA last term", unit="points"),
        Feature("gpa_change", "change of the GPA from the term before", unit="points"),
        Feature("gpa_so_far", "mean GPA of all terms so far", unit="points"),
        Feature("course_count_last", "courses with a grade last term"),
        Feature("submitted_rate_so_far", "share of homework handed in so far", unit="rate"),
        Feature("late_rate_so_far", "share of it that came late", unit="rate"),
        Feature("homework_score_so_far", "mean homework score so far", unit="points"),
        Feature("change_count_so_far", "courses added, dropped, switched or audited so far"),
    ),
    baselines=(
        MAJORITY,
        Baseline("last_result", "whether it was so last term", "is_high_performer_last"),
        Baseline("last_gpa", "the GPA last term", "gpa_last"),
    ),
    plan=Forward(test_terms=1),
    subgroups=("gender",),
    history="term_count_so_far",
    limits=("Tested on the latest term alone: the files hold one year.",),
    segmented_by=("course_count_last", "submitted_rate_so_far", "gpa_so_far", "change_count_so_far"),
)

TASKS: tuple[Task, ...] = (
    FAILING,
    JAMB,
    CREDITS,
    SURVEY,
    HIGH_PERFORMER,
    *(_oulad(outcome, day, False) for outcome in _OULAD_TARGETS for day in DAYS),
    *(_oulad(outcome, day, True) for outcome in _OULAD_TARGETS for day in DAYS),
)
