/// Gives the names of all behaviours to a macro.
macro_rules! with_behaviours {
    ($each:ident) => {
        $each! {
            ask_absolute_path
            ask_big_body
            ask_connect
            ask_credentials
            ask_endless_body
            ask_huge_header
            ask_many
            ask_nobody_finished
            ask_once
            ask_redirect
            ask_userinfo
            break_pack
            dump
            exit
            flood_log
            flood_storage
            flood_stdout
            flood_wakes
            flood_lookups
            forge_lines
            give_big_output
            grow
            keep_values
            leak_handles
            open_files
            recurse
            sleep
            spin
            trap
        }
    };
}
