/* A Rollcall mapping: the initials of a name, for those who have one.

   What is computed stands in initials.c, where a unit test reaches it. This file is the border to the host. The types and the
   functions that free them are in gen/step.h, which `rollcall component build` makes from the folder wit.

   What a function is given belongs to it, and what it answers belongs to the host. */
#include "gen/step.h"
#include "initials.h"

#include <stdlib.h>
#include <string.h>

typedef exports_rollcall_sync_mapping_attribute_t attribute_t;
typedef exports_rollcall_sync_mapping_value_t value_t;
typedef exports_rollcall_sync_mapping_person_t person_t;
typedef exports_rollcall_sync_mapping_outcome_t outcome_t;

/* Where the profile that is handed over has the name. */
static size_t name_at;

/* How many attributes that profile has. */
static size_t inherited_count;

/* Where there is no memory left, this instance ends; address 0 would be written to otherwise. */
static void *resized(void *memory, size_t bytes) {
  void *larger = realloc(memory, bytes);
  if (larger == NULL) __builtin_trap();
  return larger;
}

/* Says what is wrong with a setting; with none, with all of it. */
static bool refuse(exports_rollcall_sync_mapping_problem_t *problem, step_string_t setting, const char *message) {
  memset(problem, 0, sizeof *problem);
  step_string_dup_n(&problem->setting, (const char *)setting.ptr, setting.len);
  step_string_dup(&problem->message, message);
  return false;
}

static bool is(step_string_t text, const char *wanted) {
  return text.len == strlen(wanted) && memcmp(text.ptr, wanted, text.len) == 0;
}

/* The first name in a JSON object. */
static step_string_t first_name(step_string_t object) {
  step_string_t name = {object.ptr, 0};
  uint8_t *begin = memchr(object.ptr, '"', object.len);
  if (begin == NULL) return name;
  name.ptr = begin + 1;
  size_t rest = object.ptr + object.len - name.ptr;
  uint8_t *end = memchr(name.ptr, '"', rest);
  name.len = end == NULL ? rest : (size_t)(end - name.ptr);
  return name;
}

bool exports_rollcall_sync_mapping_configure(
    exports_rollcall_sync_mapping_json_t *settings, exports_rollcall_sync_mapping_list_attribute_t *inherited,
    exports_rollcall_sync_mapping_schema_t *schema, exports_rollcall_sync_mapping_problem_t *problem) {
  if (!is(*settings, "{}"))
    return refuse(problem, first_name(*settings), "this mapping has no settings: leave them out");
  inherited_count = inherited->len;
  for (name_at = 0; name_at < inherited_count; name_at++)
    if (is(inherited->ptr[name_at].name, "name")) break;
  if (name_at == inherited_count)
    return refuse(problem, first_name(*settings), "no attribute is called name: put this mapping behind one that makes it");

  /* Everything that came from the mapping before, and one attribute more. */
  memset(schema, 0, sizeof *schema);
  schema->attributes.len = inherited_count + 1;
  schema->attributes.ptr = resized(inherited->ptr, schema->attributes.len * sizeof(attribute_t));
  attribute_t *initials = &schema->attributes.ptr[inherited_count];
  memset(initials, 0, sizeof *initials);
  step_string_dup(&initials->name, "initials");
  initials->kind = ROLLCALL_SYNC_TYPES_ATTRIBUTE_TYPE_TEXT;
  exports_rollcall_sync_mapping_json_free(settings);
  return true;
}

static void map(person_t *person, outcome_t *outcome) {
  if (person->inherited.len != inherited_count) {
    outcome->tag = EXPORTS_ROLLCALL_SYNC_MAPPING_OUTCOME_REJECT;
    step_string_dup(&outcome->val.reject, "the profile has another number of values than attributes");
    return;
  }
  outcome->tag = EXPORTS_ROLLCALL_SYNC_MAPPING_OUTCOME_PROFILE;
  value_t *values = resized(person->inherited.ptr, (inherited_count + 1) * sizeof(value_t));
  outcome->val.profile.ptr = values;
  outcome->val.profile.len = inherited_count + 1;
  value_t *initials = &values[inherited_count];
  memset(initials, 0, sizeof *initials);
  if (values[name_at].tag == ROLLCALL_SYNC_TYPES_VALUE_TEXT) {
    step_string_t name = values[name_at].val.text;
    initials->tag = ROLLCALL_SYNC_TYPES_VALUE_TEXT;
    initials->val.text.ptr = resized(NULL, name.len + 1);
    initials->val.text.len = initials_of(name.ptr, name.len, initials->val.text.ptr);
  }
  /* The values went into the outcome. */
  person->inherited.ptr = NULL;
  person->inherited.len = 0;
}

void exports_rollcall_sync_mapping_map_people(
    exports_rollcall_sync_mapping_list_person_t *people, exports_rollcall_sync_mapping_list_outcome_t *outcomes) {
  outcomes->len = people->len;
  outcomes->ptr = resized(NULL, (people->len + 1) * sizeof(outcome_t));
  for (size_t at = 0; at < people->len; at++) map(&people->ptr[at], &outcomes->ptr[at]);
  exports_rollcall_sync_mapping_list_person_free(people);
}

void exports_rollcall_sync_mapping_explain(
    person_t *person, exports_rollcall_sync_mapping_list_attribute_trace_t *traces) {
  exports_rollcall_sync_mapping_person_free(person);
  traces->ptr = NULL;
  traces->len = 0;
}
