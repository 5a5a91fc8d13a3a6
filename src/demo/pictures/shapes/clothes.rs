//! What is worn.

pub(super) const SHAPES: [[&str; 3]; 3] = [[SHIRT, JACKET, HOODIE], [DRESS, KNITWEAR, TRENCH], [RUNNING, SNEAKER, HIKING]];

const SHIRT: &str = "<path d='M70 26 L30 50 L14 104 L40 114 L52 84 V176 H148 V84 L160 114 L186 104 L170 50 L130 26 L100 48z' fill='$a'/>\
    <path d='M70 26 L100 48 L84 66z M130 26 L100 48 L116 66z' fill='$c'/><path d='M100 48 V176' stroke='$b' stroke-width='2.5'/>\
    <g fill='#fff'><circle cx='106' cy='76' r='3'/><circle cx='106' cy='100' r='3'/><circle cx='106' cy='124' r='3'/><circle cx='106' cy='148' r='3'/></g>\
    <path d='M118 86 h22 v18 l-11 7 -11 -7z' fill='$b' opacity='.55'/><path d='M52 84 L58 66 M148 84 L142 66' stroke='$b' stroke-width='3' opacity='.5'/>";

const JACKET: &str = "<path d='M68 28 L30 48 L12 140 L40 148 L52 98 V172 H148 V98 L160 148 L188 140 L170 48 L132 28z' fill='$a'/>\
    <path d='M68 28 Q100 12 132 28 L124 58 H76z' fill='$b'/><path d='M82 32 Q100 24 118 32 L112 54 H88z' fill='$c'/>\
    <path d='M100 56 V172' stroke='#f2f2f2' stroke-width='5' stroke-dasharray='4 3'/><rect x='97' y='56' width='6' height='14' rx='2' fill='#ffd166'/>\
    <path d='M62 122 L86 112 V134 L62 140z M138 122 L114 112 V134 L138 140z' fill='$b'/><rect x='52' y='160' width='96' height='14' rx='5' fill='$b'/><path d='M52 88 H148' stroke='$c' stroke-width='6' opacity='.8'/>";

const HOODIE: &str = "<path d='M66 34 L30 54 L14 146 L42 152 L54 98 V174 H146 V98 L158 152 L186 146 L170 54 L134 34z' fill='$a'/>\
    <path d='M62 38 Q100 -8 138 38 Q128 70 100 72 Q72 70 62 38z' fill='$b'/><path d='M76 38 Q100 10 124 38 Q118 58 100 60 Q82 58 76 38z' fill='#2b2f38' opacity='.55'/>\
    <path d='M90 66 V104 M110 66 V98' stroke='#fff' stroke-width='4' stroke-linecap='round'/><path d='M70 126 H130 L142 156 H58z' fill='$b' opacity='.7'/>\
    <rect x='54' y='164' width='92' height='12' rx='5' fill='$b'/><circle cx='100' cy='112' r='0' fill='$c'/><path d='M14 138 l28 6 -1 9 -28 -6z M186 138 l-28 6 1 9 28 -6z' fill='$b'/>";

const DRESS: &str = "<path d='M78 20 L84 46 Q100 58 116 46 L122 20 L136 24 L134 74 Q130 88 128 92 L168 168 Q100 192 32 168 L72 92 Q70 88 66 74 L64 24z' fill='$a'/>\
    <path d='M72 88 H128 L130 100 H70z' fill='$b'/><path d='M84 100 L60 174 M100 100 V180 M116 100 L140 174' stroke='$b' stroke-width='3' opacity='.45'/>\
    <g fill='$c'><circle cx='86' cy='66' r='4'/><circle cx='112' cy='70' r='4'/><circle cx='72' cy='132' r='5'/><circle cx='106' cy='126' r='5'/><circle cx='130' cy='150' r='5'/><circle cx='88' cy='156' r='5'/><circle cx='56' cy='158' r='4'/></g>\
    <path d='M128 94 l14 -8 v16z M128 94 l12 12 -2 8z' fill='$c'/>";

const KNITWEAR: &str = "<path d='M72 34 L32 52 L14 142 L42 150 L54 98 V172 H146 V98 L158 150 L186 142 L168 52 L128 34 Q100 52 72 34z' fill='$a'/>\
    <path d='M72 34 Q100 52 128 34 L124 46 Q100 64 76 46z' fill='$b'/><g stroke='$c' stroke-width='5' fill='none' opacity='.85'><path d='M66 84 l11 10 11 -10 12 10 12 -10 11 10 11 -10'/>\
    <path d='M66 104 l11 10 11 -10 12 10 12 -10 11 10 11 -10'/><path d='M66 124 l11 10 11 -10 12 10 12 -10 11 10 11 -10'/></g>\
    <path d='M54 160 H146 V174 H54z' fill='$b'/><path d='M64 160 V174 M76 160 V174 M88 160 V174 M100 160 V174 M112 160 V174 M124 160 V174 M136 160 V174' stroke='$a' stroke-width='3'/>";

const TRENCH: &str = "<path d='M70 20 L34 40 L18 128 L42 134 L56 84 L46 184 H154 L144 84 L158 134 L182 128 L166 40 L130 20z' fill='$a'/>\
    <path d='M70 20 L100 62 L58 66 L52 42z M130 20 L100 62 L142 66 L148 42z' fill='$b'/><path d='M100 62 V184' stroke='$b' stroke-width='3'/>\
    <rect x='50' y='100' width='100' height='13' rx='3' fill='$b'/><rect x='92' y='97' width='18' height='19' rx='3' fill='none' stroke='#ffd166' stroke-width='4'/>\
    <g fill='#5b4a3a'><circle cx='86' cy='78' r='4'/><circle cx='114' cy='78' r='4'/><circle cx='86' cy='128' r='4'/><circle cx='114' cy='128' r='4'/><circle cx='86' cy='152' r='4'/><circle cx='114' cy='152' r='4'/></g>\
    <path d='M62 132 l14 -4 v24 l-16 4z M138 132 l-14 -4 v24 l16 4z' fill='$c' opacity='.6'/>";

const RUNNING: &str = "<path d='M22 92 Q40 96 56 70 L84 62 Q104 94 142 104 Q182 112 184 134 L180 146 H26 Q16 124 22 92z' fill='$a'/>\
    <path d='M20 140 Q96 132 186 138 Q190 158 172 160 H36 Q20 160 20 140z' fill='#fff'/><path d='M26 152 Q100 146 184 150 Q180 162 170 164 H38 Q28 162 26 152z' fill='$b'/>\
    <path d='M52 76 L84 62 L92 74 L62 92z' fill='$c'/><path d='M92 76 l16 -8 M102 86 l16 -8 M114 94 l15 -7' stroke='#fff' stroke-width='5' stroke-linecap='round'/>\
    <path d='M34 122 Q72 116 92 96 M34 132 Q84 130 108 106' stroke='$b' stroke-width='6' fill='none' stroke-linecap='round'/><path d='M24 92 q10 4 18 -4 l2 22 q-12 4 -22 0z' fill='$b'/>";

const SNEAKER: &str = "<path d='M26 84 Q44 88 62 66 L92 60 Q108 92 150 104 Q180 112 180 136 H24 Q20 110 26 84z' fill='#fbfbfb'/>\
    <path d='M26 84 Q44 88 62 66 L92 60 Q108 92 150 104 Q180 112 180 136 H24 Q20 110 26 84z' fill='$c' opacity='.35'/>\
    <rect x='20' y='134' width='164' height='24' rx='10' fill='#e9e4da'/><path d='M22 146 H182' stroke='$a' stroke-width='4'/><path d='M26 84 q10 4 20 -4 l4 26 q-14 4 -27 0z' fill='$a'/>\
    <path d='M96 70 l18 -6 M104 82 l18 -6 M114 92 l17 -6' stroke='$b' stroke-width='5' stroke-linecap='round'/><circle cx='76' cy='112' r='12' fill='none' stroke='$a' stroke-width='4'/><path d='M150 106 Q172 114 176 134 H138 Q138 116 150 106z' fill='#fff'/>";

const HIKING: &str = "<path d='M48 32 H104 L108 86 Q140 92 162 108 Q178 120 176 142 H40 Q34 82 48 32z' fill='$a'/><path d='M46 32 H106 L107 50 H43z' fill='$b'/>\
    <path d='M32 140 H180 V158 H170 L166 166 H152 L148 158 H132 L128 166 H112 L108 158 H92 L88 166 H72 L68 158 H56 L52 166 H38 L32 158z' fill='#2f2a28'/>\
    <path d='M32 134 H178 V144 H32z' fill='$c'/><g stroke='#ffd166' stroke-width='5' stroke-linecap='round'><path d='M88 62 L112 58 M90 76 L114 72 M98 90 L120 84'/></g>\
    <path d='M136 98 Q168 106 172 134 H128 Q126 112 136 98z' fill='$b'/><path d='M42 96 Q64 92 70 60' stroke='$b' stroke-width='6' fill='none'/>";
