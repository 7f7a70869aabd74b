/* The functions of the actions, which the table in actions.c names. */
#ifndef VIEWER_ACTIONS_PARTS_H
#define VIEWER_ACTIONS_PARTS_H

#include "actions.h"

static inline uint32_t clamp(int64_t value, int64_t low, int64_t high) {
  return (uint32_t)(value < low ? low : value > high ? high : value);
}

typedef void action_function(struct app *app, int argument);
typedef bool action_condition(const struct app *app);

/* actions_look.c */
action_function act_set_view, act_toggle_overlay, act_change_opacity, act_toggle_solo, act_zoom_in_the_middle,
    act_zoom_all, act_step_image, act_show_image, act_open_recent, act_toggle_second, act_step_second, act_other_side,
    act_next_colouring, act_flip_front, act_step_segments, act_next_compared, act_move_divider, act_step_matches,
    act_toggle_mutual, act_move_patch, act_toggle_pin, act_look_at_tile, act_next_tile, act_next_range, act_move_range;
action_condition app_has_album, app_has_second_image, app_has_second, app_has_colours, app_has_front,
    app_is_in_segments, app_is_in_difference, app_is_in_matches, app_is_in_similarity, app_is_in_tiles, app_has_range;

/* actions_settings.c */
action_function act_step_scale, act_choose_scale, act_enlarge, act_reduce, act_add_scale, act_remove_scale,
    act_toggle_split_mode, act_toggle_grid_policy, act_set_output, act_step_tiles, act_step_filter, act_set_model,
    act_toggle_preprocess, act_step_preset, act_set_preset, act_toggle_dynamic_s2, act_toggle_blocks, act_run_again;
action_condition app_can_add, app_can_remove, app_has_models, app_can_preprocess, app_has_filter, app_is_nvila,
    app_can_choose_blocks;

/* actions_program.c */
action_function act_copy_readout, act_copy_text, act_export_to_file, act_request, act_next_size, act_step_history,
    act_open_palette, act_toggle_help, act_move_focus, act_press, act_scroll, act_escape, act_quit;
action_condition app_has_session, app_is_complete;

#endif
